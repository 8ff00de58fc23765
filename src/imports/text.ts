/** What a text file is written in: its encoding, and what separates its columns. */
import { createReadStream } from 'node:fs'

export const ENCODINGS = ['utf-8', 'gb18030', 'utf-16le', 'utf-16be'] as const
export type Encoding = (typeof ENCODINGS)[number]
const OTHER_NAMES: Record<string, Encoding> = { utf8: 'utf-8', gbk: 'gb18030', gb2312: 'gb18030', 'utf-16': 'utf-16le' }

/** By any of its usual names; null where it has none. */
export const encodingNamed = (name: string): Encoding | null =>
  ENCODINGS.find((one) => one === name.toLowerCase()) ?? OTHER_NAMES[name.toLowerCase()] ?? null

const MARKS: readonly (readonly [Encoding, readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/**
 * A byte order mark says it; else UTF-8 if the whole file is, else GB18030, of which GBK is a part. The whole file, because
 * the first Chinese letter of a list of numbers may stand far down.
 */
export async function encodingOf(path: string, begin: Uint8Array): Promise<Encoding> {
  const marked = MARKS.find(([, bytes]) => bytes.every((byte, i) => begin[i] === byte))
  if (marked) return marked[0]
  const strict = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of createReadStream(path)) strict.decode(chunk as Buffer, { stream: true })
    strict.decode()
    return 'utf-8'
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error
    return 'gb18030'
  }
}

/** The file's text, chunk by chunk. What can't be decoded comes as U+FFFD, which its row is then refused for. */
export async function* textOf(
  path: string,
  encoding: Encoding,
  onBytes: (count: number) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of createReadStream(path)) {
    onBytes((chunk as Buffer).length)
    yield decoder.decode(chunk as Buffer, { stream: true })
  }
  yield decoder.decode()
}

export const DELIMITERS = [',', ';', '\t', '|'] as const
export type Delimiter = (typeof DELIMITERS)[number]

/** The separator that stands outside quotes most often in the first lines; a comma where there is none. */
export function delimiterOf(begin: string): Delimiter {
  const counts = new Map<string, number>()
  let quoted = false
  for (const letter of begin) {
    if (letter === '"') quoted = !quoted
    else if (!quoted) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  }
  const [best = ','] = [...DELIMITERS].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))
  return best
}
