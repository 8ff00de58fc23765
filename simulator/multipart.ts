/** Files that come as multipart/form-data, read as leniently as the vendors read them: SDKs write the headers in many ways. */

export interface Part {
  /** The form field. */
  field: string
  /** Empty where the part names no file. */
  filename: string
  type: string
  bytes: Buffer
}

const BREAK = Buffer.from('\r\n\r\n')

/** The parts, or none where the body is no form. */
export function partsOf(raw: Buffer, contentType: string): Part[] {
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^;]+))/i.exec(contentType) ?? []
  const boundary = quoted ?? bare?.trim()
  if (!boundary) return []
  const mark = Buffer.from(`--${boundary}`)
  const parts: Part[] = []
  for (let start = raw.indexOf(mark); start >= 0; ) {
    const end = raw.indexOf(mark, start + mark.length)
    const head = raw.indexOf(BREAK, start)
    if (end < 0 || head < 0 || head > end) break
    // The line end before the next boundary belongs to the boundary.
    parts.push(partOf(raw.subarray(start, head).toString('utf8'), raw.subarray(head + BREAK.length, end - 2)))
    start = end
  }
  return parts
}

function partOf(headers: string, bytes: Buffer): Part {
  const disposition = /^content-disposition:(.*)$/im.exec(headers)?.[1] ?? ''
  const extended = /filename\*=utf-8''([^;\s]+)/i.exec(disposition)?.[1]
  return {
    field: parameter(disposition, 'name'),
    filename: extended ? decoded(extended) : parameter(disposition, 'filename'),
    type: (/^content-type:\s*([^\r\n]+)/im.exec(headers)?.[1] ?? 'application/octet-stream').trim(),
    bytes: Buffer.from(bytes),
  }
}

function parameter(disposition: string, name: string): string {
  const [, quoted, bare] =
    new RegExp(`[;\\s]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(disposition) ?? []
  return quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
