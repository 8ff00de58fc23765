/** Vendor XML: no entities, no DOCTYPE, no guessing of numbers. */
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

/** The fields inside `<xml>`. @throws AppError invalid/bad_callback */
export function parseXml(text: string): Record<string, unknown> {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw malformed('doctype')
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
