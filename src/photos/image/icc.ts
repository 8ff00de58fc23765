/**
 * Colour profiles without words. A phone's photo in a wide colour space would be paler without its profile, and how red a
 * skin is matters; but a profile also has room for names, serial numbers and comments. What is kept are the figures of an
 * RGB matrix profile; of any other kind nothing.
 */

const HEADER = 128
const ENTRY = 12
/** White, the three primaries, the three curves, the adaptation: what turns numbers into colours. */
const FIGURES = ['wtpt', 'rXYZ', 'gXYZ', 'bXYZ', 'rTRC', 'gTRC', 'bTRC', 'chad']
const NEEDED = FIGURES.slice(0, 7)
const MAX_TAG = 8 * 1024
/** Version, class, colour spaces (8–23), the signature (36–39), intent and illuminant (64–79). */
const KEPT_HEADER = [
  [8, 24],
  [36, 40],
  [64, 80],
] as const

/** The same profile with its figures only; null: none that we keep. */
export function plainColourProfile(profile: Buffer): Buffer | null {
  if (profile.length < HEADER + 4 || profile.toString('latin1', 36, 40) !== 'acsp') return null
  if (profile.toString('latin1', 16, 20) !== 'RGB ') return null
  const count = profile.readUInt32BE(HEADER)
  if (count > 100 || HEADER + 4 + count * ENTRY > profile.length) return null
  const tags = new Map<string, Buffer>()
  for (let i = 0; i < count; i++) {
    const at = HEADER + 4 + i * ENTRY
    const name = profile.toString('latin1', at, at + 4)
    const [from, size] = [profile.readUInt32BE(at + 4), profile.readUInt32BE(at + 8)]
    if (!FIGURES.includes(name)) continue
    if (size > MAX_TAG || from + size > profile.length) return null
    const data = figures(profile.subarray(from, from + size))
    if (!data) return null
    tags.set(name, data)
  }
  if (!NEEDED.every((name) => tags.has(name))) return null
  return build(profile, tags)
}

/** The part of a tag that its type accounts for: numbers, and no room behind them. */
function figures(tag: Buffer): Buffer | null {
  if (tag.length < 12) return null
  const type = tag.toString('latin1', 0, 4)
  const count = tag.readUInt32BE(8)
  const size =
    type === 'XYZ '
      ? 20
      : type === 'sf32'
        ? 44
        : type === 'curv'
          ? 12 + count * 2
          : type === 'para'
            ? 12 + ([1, 3, 4, 5, 7][tag.readUInt16BE(8)] ?? 1_000) * 4
            : Number.POSITIVE_INFINITY
  return size <= tag.length ? tag.subarray(0, size) : null
}

function build(from: Buffer, tags: ReadonlyMap<string, Buffer>): Buffer {
  const header = Buffer.alloc(HEADER)
  for (const [start, end] of KEPT_HEADER) from.copy(header, start, start, end)
  const table = Buffer.alloc(4 + tags.size * ENTRY)
  table.writeUInt32BE(tags.size, 0)
  let at = HEADER + table.length
  const data: Buffer[] = []
  for (const [i, [name, tag]] of [...tags].entries()) {
    const place = 4 + i * ENTRY
    table.write(name, place, 'latin1')
    table.writeUInt32BE(at, place + 4)
    table.writeUInt32BE(tag.length, place + 8)
    const padded = Buffer.alloc(Math.ceil(tag.length / 4) * 4)
    tag.copy(padded)
    data.push(padded)
    at += padded.length
  }
  header.writeUInt32BE(at, 0)
  return Buffer.concat([header, table, ...data])
}
