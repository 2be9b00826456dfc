import {connect} from 'node:net'

/** The port of the AWS emulator and its registry, fixed so that image names stay the same from run to run. */
export const REGISTRY_PORT = process.env['LAB_AWS_PORT'] ?? '4566'

/** Whether somebody listens on a port of this machine. */
export function isTaken(port: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}
