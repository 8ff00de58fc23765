/** Text as GBK bytes: Node only reads it, so the table is turned round. */

const decoder = new TextDecoder('gb18030')
const bytes = new Map<string, [number, number]>()
for (let high = 0x81; high <= 0xfe; high++)
  for (let low = 0x40; low <= 0xfe; low++) {
    const letter = low === 0x7f ? '' : decoder.decode(Uint8Array.of(high, low))
    if (letter.length === 1 && !bytes.has(letter)) bytes.set(letter, [high, low])
  }

export function gbk(text: string): Buffer {
  return Buffer.from(
    [...text].flatMap((letter) => {
      if (letter.charCodeAt(0) < 0x80) return [letter.charCodeAt(0)]
      const pair = bytes.get(letter)
      if (!pair) throw new Error(`GBK has no ${letter}`)
      return pair
    }),
  )
}
