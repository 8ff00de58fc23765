/** The small parts of a workbook: which sheets there are, which cell styles mean dates, which texts are shared. */
import { SaxesParser, type SaxesTagPlain } from 'saxes'
import { ImportFileError } from './problems.ts'

/** An XML part, chunk by chunk. */
export type Part = AsyncIterable<Uint8Array>

export interface XmlHandlers {
  open?: (tag: SaxesTagPlain, name: string) => void
  close?: (name: string) => void
  text?: (text: string) => void
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1)

/** Reads XML without namespaces, own entities or document types, and yields after each chunk. */
export async function* readXml(part: Part, handlers: XmlHandlers): AsyncGenerator<void> {
  const parser = new SaxesParser({ xmlns: false, position: false })
  const refuse = () => {
    throw new ImportFileError('the workbook is damaged: a part of it is no plain XML')
  }
  parser.on('error', refuse)
  parser.on('doctype', refuse)
  const { open, close, text } = handlers
  if (open) parser.on('opentag', (tag) => open(tag, local(tag.name)))
  if (close) parser.on('closetag', (tag) => close(local(tag.name)))
  if (text) {
    parser.on('text', text)
    parser.on('cdata', text)
  }
  const decoder = new TextDecoder('utf-8')
  for await (const chunk of part) {
    parser.write(decoder.decode(chunk, { stream: true }))
    yield
  }
  parser.write(decoder.decode())
  parser.close()
  yield
}

async function readAll(part: Part, handlers: XmlHandlers): Promise<void> {
  for await (const _ of readXml(part, handlers));
}

/** Value of an attribute, whatever its prefix: `r:id` is sometimes called otherwise. */
const attribute = (tag: SaxesTagPlain, name: string): string | undefined =>
  tag.attributes[name] ?? Object.entries(tag.attributes).find(([key]) => local(key) === name)?.[1]

export interface SheetRef {
  name: string
  relation: string
  hidden: boolean
}

export async function readWorkbook(part: Part): Promise<{ sheets: SheetRef[]; since1904: boolean }> {
  const sheets: SheetRef[] = []
  let since1904 = false
  await readAll(part, {
    open(tag, name) {
      if (name === 'workbookPr') since1904 = ['1', 'true'].includes(attribute(tag, 'date1904') ?? '')
      if (name !== 'sheet') return
      const relation = Object.entries(tag.attributes).find(([key]) => key.includes(':') && local(key) === 'id')?.[1]
      const state = attribute(tag, 'state') ?? 'visible'
      sheets.push({ name: attribute(tag, 'name') ?? '', relation: relation ?? '', hidden: state !== 'visible' })
    },
  })
  return { sheets, since1904 }
}

/** Targets of a part's relations, by their ids. */
export async function readRelations(part: Part): Promise<Map<string, { type: string; target: string }>> {
  const found = new Map<string, { type: string; target: string }>()
  await readAll(part, {
    open(tag, name) {
      if (name !== 'Relationship') return
      const type = (attribute(tag, 'Type') ?? '').split('/').at(-1) ?? ''
      found.set(attribute(tag, 'Id') ?? '', { type, target: attribute(tag, 'Target') ?? '' })
    },
  })
  return found
}

/** Built-in formats that show a date or a time; the 27–58 of Chinese, Japanese and Korean versions too. */
const isDateId = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58)
/** A format of the workbook's own: letters of dates outside quotes, colours and escapes. */
const isDateFormat = (code: string): boolean =>
  /[ymdhs年月日]/i.test(code.replace(/"[^"]*"|\\.|_.|\[(?!h|m|s)[^\]]*\]/gi, '').replace(/general/gi, ''))

/** By number of cell style: whether it shows a date or time. */
export async function readDateStyles(part: Part): Promise<boolean[]> {
  const own = new Map<number, boolean>()
  const styles: boolean[] = []
  let inCells = false
  await readAll(part, {
    open(tag, name) {
      if (name === 'numFmt')
        own.set(Number(attribute(tag, 'numFmtId')), isDateFormat(attribute(tag, 'formatCode') ?? ''))
      if (name === 'cellXfs') inCells = true
      if (name !== 'xf' || !inCells) return
      const id = Number(attribute(tag, 'numFmtId') ?? '0')
      styles.push(own.get(id) ?? isDateId(id))
    },
    close(name) {
      if (name === 'cellXfs') inCells = false
    },
  })
  return styles
}

// What fits into memory beside everything else; a list of customers has a tenth of it.
const MAX_SHARED = 64_000_000

/** The texts that cells share; how Chinese is to be read aloud is left out. @throws ImportFileError: too many of them */
export async function readSharedTexts(part: Part): Promise<string[]> {
  const texts: string[] = []
  let current = ''
  let total = 0
  let inText = false
  let inReading = false
  await readAll(part, {
    open(_, name) {
      if (name === 'si') current = ''
      if (name === 'rPh') inReading = true
      inText = name === 't' && !inReading
    },
    text(text) {
      if (!inText) return
      current += text
      total += text.length
      if (total > MAX_SHARED) throw new ImportFileError('the workbook holds too much text: save the sheet as CSV')
    },
    close(name) {
      inText = false
      if (name === 'rPh') inReading = false
      if (name === 'si') texts.push(current)
    },
  })
  return texts
}
