/**
 * Frees what a stream has passed on. V8 collects young buffers by itself after some 32 MB of them, whatever a request should
 * take; a stream of many megabytes asks for it earlier, which takes a millisecond or two.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void

/** After so many bytes what was written of them is given back. */
const EVERY = 2 * 1024 * 1024

/** The same bytes, with the memory of those that are gone kept small. */
export async function* sparing(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let bytes = 0
  for await (const part of source) {
    bytes += part.length
    yield part
    if (bytes < EVERY) continue
    bytes = 0
    gc({ type: 'minor' })
  }
}
