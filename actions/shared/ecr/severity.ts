/** The severities of ECR and Inspector, the worst first. */
export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'] as const

/** One of {@link SEVERITIES}. */
export type Severity = (typeof SEVERITIES)[number]
