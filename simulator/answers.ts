/** Answers of the control API. */
import type { ControlAnswer } from './server.ts'

export const ok = (body: unknown): ControlAnswer => ({ status: 200, body })
export const refuse = (
  status: number,
  code: string,
  message: string,
  more: Record<string, unknown> = {},
): ControlAnswer => ({ status, body: { error: { code, message, ...more } } })
