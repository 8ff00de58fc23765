/** Just enough of MongoDB's wire protocol to know which command passes by: whole messages, and what an OP_MSG asks for. */
import { BSON, type Document } from 'mongodb'

const HEADER_BYTES = 16
const OP_MSG = 2013

export interface Frame {
  bytes: Buffer
  requestId: number
  responseTo: number
}

export interface Command {
  name: string
  collection: string
  /** The command's document, with its document sequences (`documents`, `updates`, …) where they belong. */
  body: Document
}

/** Cuts a stream of bytes into messages; hands over each one when its last byte is there. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= HEADER_BYTES && rest.length >= rest.readInt32LE(0)) {
      const bytes = rest.subarray(0, rest.readInt32LE(0))
      rest = rest.subarray(bytes.length)
      onFrame({ bytes, requestId: bytes.readInt32LE(4), responseTo: bytes.readInt32LE(8) })
    }
  }
}

/** The command in a message; null for anything but an uncompressed OP_MSG. */
export function commandOf({ bytes }: Frame): Command | null {
  if (bytes.readInt32LE(12) !== OP_MSG) return null
  let body: Document = {}
  const sequences: Document = {}
  for (let at = HEADER_BYTES + 4; at < bytes.length; ) {
    const kind = bytes.readUInt8(at)
    const start = at + 1
    const size = bytes.readInt32LE(start)
    const section = bytes.subarray(start, start + size)
    if (kind === 0) body = BSON.deserialize(section)
    else if (kind === 1) Object.assign(sequences, sequenceOf(section))
    else return null
    at = start + size
  }
  const [name = ''] = Object.keys(body)
  return { name, collection: typeof body[name] === 'string' ? body[name] : '', body: { ...body, ...sequences } }
}

/** Size, name, and one document after the other. */
function sequenceOf(section: Buffer): Document {
  const nameEnd = section.indexOf(0, 4)
  const documents: Document[] = []
  for (let at = nameEnd + 1; at < section.length; at += section.readInt32LE(at))
    documents.push(BSON.deserialize(section.subarray(at, at + section.readInt32LE(at))))
  return { [section.toString('utf8', 4, nameEnd)]: documents }
}
