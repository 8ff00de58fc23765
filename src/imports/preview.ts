/** A row as it is understood, for a person to compare with the file. */

import { dayOf, timeOfDay } from '../platform/calendar.ts'
import { instant } from '../platform/clock.ts'
import { maskPhone } from '../platform/crypto.ts'
import { maskEmail } from '../platform/email-address.ts'
import { type Layout, readRow } from './columns.ts'
import type { Field } from './kinds.ts'
import type { Lookups } from './lookups.ts'
import type { ColumnMap } from './map.ts'
import { ROW_PROBLEMS } from './problems.ts'
import type { SheetRow } from './sheet.ts'

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

export function previewOf(
  row: SheetRow,
  layout: Layout,
  map: ColumnMap | null,
  lookups: Lookups,
): { line: number; values: string[] } {
  const { said, problems } = readRow(row, layout, map, lookups)
  const zone = lookups.zoneOf(String([said.storeId ?? said.storeIds ?? ''].flat()[0]))
  return {
    line: row.line,
    values: layout.columns.flatMap(({ field }) => {
      const wrong = problems.find((one) => one.field === field.name)
      if (wrong) return `${field.zh} ✗ ${ROW_PROBLEMS[wrong.code].zh}`
      const value = said[field.name]
      return value === undefined || value === null ? [] : `${field.zh} ${shown(field, value, zone)}`
    }),
  }
}

function shown({ name, secret }: Field, value: unknown, zone: string): string {
  if (name === 'phone') return maskPhone(String(value))
  if (name === 'email') return maskEmail(String(value))
  if (secret) return masked(String(value))
  if (name.endsWith('Fen')) return `${Math.floor(Number(value) / 100)}.${String(Number(value) % 100).padStart(2, '0')}`
  if (typeof value === 'boolean') return value ? '是' : '否'
  if (typeof value === 'string' && INSTANT.test(value)) {
    const at = instant(value)
    return `${dayOf(at, zone)} ${timeOfDay(at, zone)}`
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.values(value).join('–')
  return [value].flat().join('、')
}

/** The first letter and the length: enough to see whether the column is the right one. */
const masked = (text: string): string => {
  const [first = '', ...rest] = text
  return rest.length > 8 ? `${first}…（${rest.length + 1} 字）` : `${first}${'*'.repeat(rest.length)}`
}
