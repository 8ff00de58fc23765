/** What stands on the command line of the demo, read strictly: a figure that was mistyped is no figure. */
import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'

export class UsageError extends Error {}

/** @throws UsageError */
export function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not ${text || 'nothing'}`)
  return value
}

// Outside these a typing error is likely.
const FIRST_YEAR = 1990
const LAST_YEAR = 2100

/** A day or an instant; a time without an offset is read in the clinic's zone. @throws UsageError */
export function instantOf(text: string): Date {
  const [, day = '', time = 'T00:00', offset = '+08:00'] =
    /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text) ?? []
  const at = new Date(`${day}${time}${offset}`)
  // Date reads the 30th of February as the 2nd of March.
  const isDay = new Date(`${day}T00:00Z`).toJSON()?.startsWith(day)
  if (Number.isNaN(at.getTime()) || !isDay)
    throw new UsageError(`--start must be a day or an instant, e.g. 2026-03-02, not ${text || 'nothing'}`)
  const year = Number(day.slice(0, 4))
  if (year < FIRST_YEAR || year > LAST_YEAR)
    throw new UsageError(`--start must be in the years ${FIRST_YEAR} to ${LAST_YEAR}, not ${text}`)
  return at
}

/** Where a report goes: known to be possible before the months are played, not after. @throws UsageError */
export function reportFile(name: string, path: string | undefined): string | null {
  if (path === undefined) return null
  try {
    accessSync(dirname(path), constants.W_OK)
  } catch {
    throw new UsageError(`--${name} names a file in ${dirname(path)}, where nothing can be written`)
  }
  if (path === '' || statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`--${name} must name a file`)
  return path
}
