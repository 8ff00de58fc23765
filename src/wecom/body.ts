/** What a callback says, in XML or JSON: both vendors write both. */
import { AppError } from '../platform/errors.ts'
import { parseXml } from './xml.ts'

/** 64-bit ids lose digits as JSON numbers: they are quoted before parsing. */
const quoteIds = (text: string): string => text.replace(/("(?:MsgId|MsgID|msgid)"\s*:\s*)(\d{16,})/g, '$1"$2"')

/** The fields of an envelope or a message. @throws AppError invalid/bad_callback, also for more than `mostTags` in XML */
export function parseBody(text: string, mostTags?: number): Record<string, unknown> {
  if (text.trimStart().startsWith('<')) return parseXml(text, mostTags)
  try {
    const parsed: unknown = JSON.parse(quoteIds(text))
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>
  } catch {
    // answered below
  }
  throw new AppError('invalid', 'bad_callback', { reason: 'neither JSON nor XML' })
}
