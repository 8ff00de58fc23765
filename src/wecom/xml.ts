/** Vendor XML: tags, text and CDATA only, and no guessing of numbers. */
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { AppError } from '../platform/errors.ts'

/** Tags that WeCom repeats: always lists, so that one and many read the same. */
const REPEATED = new Set(['SelectedItem', 'OptionId', 'Item', 'List', 'AuthAddOpenKfId', 'AuthDelOpenKfId'])

const parser = new XMLParser({
  ignoreAttributes: true,
  // Off, or CDATA '0012345' becomes the number 12345.
  parseTagValue: false,
  processEntities: false,
  htmlEntities: false,
  trimValues: true,
  isArray: (name) => REPEATED.has(name),
})

const malformed = (reason: string, cause?: unknown) => new AppError('invalid', 'bad_callback', { reason }, { cause })

/**
 * Around the ciphertext stand a handful of tags. Nobody has shown a signature yet, and the parser needs a third of a second
 * for the thousands that fit into a body.
 */
export const ENVELOPE_TAGS = 50
const MESSAGE_TAGS = 5_000

const DECLARATION = /^<\?xml[^<>]*\?>/
const TAG = /<\/?[\w.-]+\s*\/?>/y
const CDATA = '<![CDATA['

/**
 * Vendors write tags, text and CDATA, and nothing else: no DOCTYPE or entity, which a comment or an attribute could hide
 * from a search. What people wrote stands inside CDATA and may hold anything.
 */
function checkMarkup(text: string, most: number): void {
  let at = DECLARATION.exec(text)?.[0].length ?? 0
  for (let tags = 1; ; tags++) {
    at = text.indexOf('<', at)
    if (at < 0) return
    if (tags > most) throw malformed('too many tags')
    TAG.lastIndex = at
    if (TAG.test(text)) at = TAG.lastIndex
    else if (!text.startsWith(CDATA, at)) throw malformed('more than tags and text')
    else at = text.indexOf(']]>', at)
    if (at < 0) throw malformed('CDATA without an end')
  }
}

/** The fields inside `<xml>`. @throws AppError invalid/bad_callback, also for more than `most` tags and CDATA sections */
export function parseXml(text: string, most = MESSAGE_TAGS): Record<string, unknown> {
  checkMarkup(text, most)
  let parsed: unknown
  try {
    // The parser forgives what the validator doesn't: unclosed and crossed tags.
    const valid = XMLValidator.validate(text)
    if (valid !== true) throw malformed('not well formed')
    parsed = parser.parse(text)
  } catch (error) {
    throw error instanceof AppError ? error : malformed('not well formed', error)
  }
  const root = (parsed as { xml?: unknown } | null)?.xml
  if (typeof root !== 'object' || root === null || Array.isArray(root)) throw malformed('no xml root')
  return root as Record<string, unknown>
}

/** Bytes that must be UTF-8. @throws AppError invalid/bad_callback */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw malformed('not UTF-8', cause)
  }
}
