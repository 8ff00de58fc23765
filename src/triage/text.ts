/** A customer's text as the triage reads it: one script, one width, one way to write numbers. Pure. */
import { Converter } from 'opencc-js/t2cn'
import { pinyin } from 'pinyin-pro'

/** Longer messages are read so far: 2,048 bytes is what a chat carries, forms allow more. */
export const READ_CHARACTERS = 2_000

const simplified = Converter({ from: 'hk', to: 'cn' })
const DIGITS: Record<string, number> = {
  〇: 0,
  零: 0,
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
}

/**
 * Half width, lower case, simplified; nothing between a number and its unit, nor between two Han characters but what separates,
 * and no mark twice: `！！！` is impatience.
 */
export function normalise(text: string): string {
  const plain = text.slice(0, READ_CHARACTERS).normalize('NFKC').toLowerCase().replace(/°c|°/g, '度')
  const script = hasTraditional(plain) ? simplified(plain) : plain
  return script
    .replace(/([!?~…])\1+/g, '$1')
    .replace(/(\d)\s*([.点])\s*(\d)/g, '$1.$3')
    .replace(/(\d)\s+(?=度)/g, '$1')
}

/** Converting costs more than the triage itself; what few characters of a script need, a table per character answers. */
const known = new Map<number, boolean>()
function hasTraditional(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    let is = known.get(unit)
    if (is === undefined) {
      const char = String.fromCharCode(unit)
      is = unit >= 0x3400 && unit < 0xa000 && simplified(char) !== char
      known.set(unit, is)
    }
    if (is) return true
  }
  return false
}

/** Words that sound alike are typed for one another: z and zh, c and ch, s and sh, en and eng count as one. */
const sounds = new Map<number, number>()
const numbers = new Map<string, number>()
/** A number for the sound of a UTF-16 unit; the same for characters that sound alike. */
export function soundOf(unit: number): number {
  const known = sounds.get(unit)
  if (known !== undefined) return known
  const [syllable = ''] = pinyin(String.fromCharCode(unit), { toneType: 'none', type: 'array' })
  const folded = syllable.replace(/^([zcs])h/, '$1').replace(/([ei])ng$/, '$1n')
  let number = numbers.get(folded)
  if (number === undefined) {
    number = numbers.size + 1
    numbers.set(folded, number)
  }
  sounds.set(unit, number)
  return number
}

const NUMBER = '[〇零一二两三四五六七八九]'
const SPOKEN = new RegExp(
  `(?:([三四])十(${NUMBER})?)度?(?:(?:点|度)?(${NUMBER}))?(?=度|多|[^一-鿿]|$|了|的|呢|啊|，)`,
  'g',
)

export interface Temperature {
  /** °C */
  value: number
  start: number
  end: number
}

/**
 * The body temperatures in a normalised text, in °C: `38.7度`, `38度7`, `三十九度五`, `39℃`, `烧到39`.
 * What belongs to water, weather or a device is none.
 */
export function temperatures(text: string): Temperature[] {
  const found: Temperature[] = []
  if (!/[34三四]/.test(text)) return found
  for (const match of text.matchAll(/(?<![\d.])(3[5-9]|4[0-3])(?:[.度点](\d)|)\d?(度|多)?/g)) {
    const [whole, degrees, tenths, unit] = match
    const isSaid =
      unit !== undefined ||
      whole.includes('度') ||
      /[烧温热量]/.test(text.slice(Math.max(0, match.index - 6), match.index)) ||
      tenths !== undefined
    // `39天`, `36号`: counted days and dates.
    if (
      !isSaid ||
      /^(?:天|号|岁|块|元|分|个|日|周|年|次|点|%|斤|公斤|k|cm|mm|码|折|万|w|寸|克|g|毫升|ml|支|单位|单|根)/.test(
        text.slice(match.index + whole.length),
      )
    )
      continue
    const value = Number(degrees) + Number(tenths ?? 0) / 10
    if (isOfBody(text, value, match.index, match.index + whole.length))
      found.push({ value, start: match.index, end: match.index + whole.length })
  }
  for (const match of text.matchAll(SPOKEN)) {
    const [whole, tens = '', ones, tenths] = match
    if (!whole.includes('度') && !/^度/.test(text.slice(match.index + whole.length)) && !/[烧温]/.test(text)) continue
    const degrees = (DIGITS[tens] ?? 0) * 10 + (ones === undefined ? 0 : (DIGITS[ones] ?? 0))
    const half = /^度?半/.test(text.slice(match.index + whole.length)) ? 5 : 0
    const value = degrees + (tenths === undefined ? half : (DIGITS[tenths] ?? 0)) / 10
    if (isOfBody(text, value, match.index, match.index + whole.length))
      found.push({ value, start: match.index, end: match.index + whole.length })
  }
  return found
}

function isOfBody(text: string, value: number, start: number, end: number): boolean {
  if (value < 35.5 || value > 43) return false
  const around = text.slice(Math.max(0, start - 8), start)
  if (/[水洗澡气温调室敷浴仪功率外箱汤泉]/.test(around) && !/[烧体量]/.test(around)) return false
  return !/^的?(?:[温热凉开冷]?水|天|高温|气温)/.test(text.slice(end, end + 5))
}
