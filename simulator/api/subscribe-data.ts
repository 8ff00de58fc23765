/** The values of a subscription message: the vendor refuses the whole message when one breaks its field's rule. */
import { ApiError, record, text } from './values.ts'

const CLOCK = /\d{1,2}:\d{2}(:\d{2})?/
const DAY = /(\d{4}[年\-/.]\d{1,2}([月\-/.](\d{1,2}日?)?)?|\d{1,2}[月\-/.]\d{1,2}日?)/
const whole = (pattern: RegExp, ...parts: RegExp[]) =>
  new RegExp(
    `^${parts.reduce((source, part, i) => source.replaceAll(`<${i}>`, `(?:${part.source})`), pattern.source)}$`,
  )
const TIME = whole(/(<0>\s*)?<1>(\s*~\s*(<0>\s*)?<1>)?/, DAY, CLOCK)
const DATE = whole(/<0>(\s*<1>)?(\s*~\s*<0>(\s*<1>)?)?/, DAY, CLOCK)

const length = (value: string) => [...value].length

/** By key prefix: `thing1` follows the rule of `thing`. */
const RULES: Record<string, (value: string) => boolean> = {
  thing: (value) => length(value) <= 20 && !/[\r\n]/.test(value),
  number: (value) => /^-?\d+(\.\d+)?$/.test(value) && value.length <= 32,
  letter: (value) => /^[A-Za-z]{1,32}$/.test(value),
  symbol: (value) => length(value) <= 5 && !/[\p{L}\p{N}]/u.test(value),
  character_string: (value) => /^[\x20-\x7e]{1,32}$/.test(value),
  time: (value) => TIME.test(value),
  date: (value) => DATE.test(value),
  amount: (value) => /^[¥$€￥]?\d{1,10}(\.\d+)?元?$/.test(value),
  phone_number: (value) => /^[\d\-+() ]{1,17}$/.test(value),
  car_number: (value) => length(value) <= 8,
  name: (value) => (/[^\x20-\x7e]/.test(value) ? length(value) <= 10 : value.length <= 20),
  phrase: (value) => /^[\u4e00-\u9fa5]{1,5}$/.test(value),
}

/**
 * The notice as the person reads it.
 *
 * @param content the template, lines of `label:{{key.DATA}}`
 * @throws ApiError 47003 naming the field
 */
export function showData(content: string, data: Record<string, unknown>): string {
  return content.trim().replace(/\{\{(\w+)\.DATA\}\}/g, (_, key: string) => {
    const { value } = record(data[key])
    const shown = typeof value === 'number' ? String(value) : text(value)
    if (!shown) throw new ApiError(47003, `argument invalid! data.${key}.value is empty`)
    const keeps = RULES[key.replace(/\d+$/, '')]
    if (keeps && !keeps(shown)) throw new ApiError(47003, `argument invalid! data.${key}.value invalid`)
    return shown
  })
}
