/** An error that an operation answers. */
export class AwsError extends Error {
  readonly status: number
  readonly type: string
  constructor(type: string, message: string, status = 400) {
    super(message)
    this.type = type
    this.status = status
  }
}
