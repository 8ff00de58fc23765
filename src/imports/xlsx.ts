/** A workbook's sheet, row by row: the archive is read piece by piece, never whole. */
import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { cellText } from './cells.ts'
import { ImportFileError } from './problems.ts'
import type { Sheet, SheetRow } from './sheet.ts'
import { type Part, readDateStyles, readRelations, readSharedTexts, readWorkbook, readXml } from './xlsx-parts.ts'

// An archive may claim to hold anything; a workbook of a million rows stays far below these.
const MAX_ENTRIES = 5_000
const MAX_PART_BYTES = 2_000_000_000
const MAX_COLUMNS = 1_000

/** @throws ImportFileError: no workbook, damaged, protected, or without the sheet */
export async function openWorkbook(path: string, wanted: string | undefined): Promise<Sheet> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false }).catch(() => {
    throw new ImportFileError('the workbook is damaged: it is no complete archive')
  })
  try {
    const entries = await entriesOf(zip)
    const part = async (name: string): Promise<Part | null> => {
      const entry = entries.get(name.toLowerCase())
      return entry ? unpacked(zip, entry) : null
    }
    const must = async (name: string): Promise<Part> => {
      const found = await part(name)
      if (!found) throw new ImportFileError('this archive is not an Excel workbook (.xlsx)')
      return found
    }
    const root = [...(await readRelations(await must('_rels/.rels'))).values()]
    const book = absolute('', root.find(({ type }) => type === 'officeDocument')?.target ?? 'xl/workbook.xml')
    const folder = book.slice(0, book.lastIndexOf('/'))
    const { sheets, since1904 } = await readWorkbook(await must(book))
    const relations = await readRelations(await must(`${folder}/_rels/${book.slice(folder.length + 1)}.rels`))
    const chosen =
      wanted === undefined ? sheets.find(({ hidden }) => !hidden) : sheets.find(({ name }) => name === wanted)
    if (!chosen)
      throw new ImportFileError(
        `the workbook has no sheet ${wanted ?? ''}; it has: ${sheets.map(({ name }) => name).join(', ')}`,
      )
    const pathOf = (type: string) => {
      const target = [...relations.values()].find((one) => one.type === type)?.target
      return target === undefined ? null : absolute(folder, target)
    }
    const styles = await part(pathOf('styles') ?? '')
    const strings = await part(pathOf('sharedStrings') ?? '')
    const context = {
      dateStyles: styles ? await readDateStyles(styles) : [],
      shared: strings ? await readSharedTexts(strings) : [],
      since1904,
    }
    const name = absolute(folder, relations.get(chosen.relation)?.target ?? '')
    const size = entries.get(name.toLowerCase())?.uncompressedSize ?? 0
    let read = 0
    const counted = counting(await must(name), (count) => {
      read += count
    })
    return {
      format: 'xlsx',
      encoding: null,
      delimiter: null,
      name: chosen.name,
      rows: sheetRows(counted, context),
      progress: () => (size === 0 ? 1 : Math.min(1, read / size)),
      close: async () => zip.close(),
    }
  } catch (error) {
    zip.close()
    throw error
  }
}

/** The archive's table of contents. */
function entriesOf(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => reject(new ImportFileError(why))
    zip.on('error', () => refuse('the workbook is damaged: its table of contents cannot be read'))
    zip.on('end', () => resolve(entries))
    zip.on('entry', (entry: Entry) => {
      if (entries.size >= MAX_ENTRIES || entry.uncompressedSize > MAX_PART_BYTES)
        return refuse('the workbook is too large: save the sheet as CSV')
      if (entry.isEncrypted()) return refuse('the workbook is protected by a password')
      entries.set(entry.fileName.toLowerCase(), entry)
      zip.readEntry()
    })
    zip.readEntry()
  })
}

const absolute = (folder: string, target: string): string => {
  const parts = target.startsWith('/') ? [] : folder.split('/').filter(Boolean)
  for (const step of target.split('/'))
    if (step === '..') parts.pop()
    else if (step !== '' && step !== '.') parts.push(step)
  return parts.join('/')
}

/** Faults of the archive, in words. */
async function* unpacked(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  try {
    yield* (await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>
  } catch {
    throw new ImportFileError('the workbook is damaged: a part of it cannot be unpacked')
  }
}
async function* counting(part: Part, count: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of part) {
    count(chunk.length)
    yield chunk
  }
}

interface SheetContext {
  dateStyles: readonly boolean[]
  shared: readonly string[]
  since1904: boolean
}

/** Column of a reference like `AB12`, from 0. */
const columnOf = (reference: string): number => {
  let column = 0
  for (const letter of reference) {
    const code = letter.charCodeAt(0) - 64
    if (code < 1 || code > 26) break
    column = column * 26 + code
  }
  return column - 1
}

async function* sheetRows(part: Part, context: SheetContext): AsyncGenerator<SheetRow> {
  const ready: SheetRow[] = []
  let row: SheetRow = { line: 0, cells: [] }
  let cell = { column: 0, type: 'n', style: 0, value: '' }
  let collecting = false
  const steps = readXml(part, {
    open(tag, name) {
      const { attributes } = tag
      if (name === 'row') row = { line: Number(attributes.r ?? row.line + 1), cells: [] }
      else if (name === 'c') {
        const column = attributes.r === undefined ? row.cells.length : columnOf(attributes.r)
        cell = { column, type: attributes.t ?? 'n', style: Number(attributes.s ?? 0), value: '' }
      }
      // Of an inline text only <t> counts; <f> is the formula, whose result stands in <v>.
      collecting = name === 'v' || name === 't'
    },
    text(text) {
      if (collecting) cell.value += text
    },
    close(name) {
      collecting = false
      if (name === 'row' && row.cells.some((one) => one !== undefined && one.trim() !== ''))
        ready.push({ line: row.line, cells: Array.from(row.cells, (one) => one ?? '') })
      if (name !== 'c' || cell.column < 0 || cell.column >= MAX_COLUMNS) return
      const { type, style, value } = cell
      row.cells[cell.column] =
        type === 's'
          ? (context.shared[Number(value)] ?? '')
          : cellText(type, value, context.dateStyles[style] ?? false, context.since1904)
    },
  })
  for await (const _ of steps) {
    yield* ready
    ready.length = 0
  }
}
