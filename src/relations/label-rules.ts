/** What a member's remark and tags say of a customer. Pure. */
import { firstChars } from '../platform/text.ts'

/** WeCom cuts nothing: a longer remark is refused. */
const REMARK_CHARS = 20
const BETWEEN = ' · '

/** 王芳 · 热玛吉; where both don't fit, the name stays whole as long as it can. */
export function remarkOf(name: string, treatment: string | null): string {
  if (treatment === null || name === '') return firstChars(name, REMARK_CHARS)
  const room = REMARK_CHARS - [...name].length - BETWEEN.length
  if (room < 1) return firstChars(name, REMARK_CHARS)
  return `${name}${BETWEEN}${firstChars(treatment, room)}`
}

/**
 * Whether the remark may be written: what a member has written by hand stays. WeCom itself puts the customer's own name there;
 * `isOurs`: this server wrote what stands there.
 */
export const mayWriteRemark = (now: string, ownNames: readonly string[], isOurs: boolean): boolean =>
  now === '' || ownNames.includes(now) || isOurs

/** Tags to put on and to take off; of those on the customer only what this server put there is ever taken off. */
export function tagChanges(
  wanted: readonly string[],
  there: readonly string[],
  written: readonly string[],
): { add: string[]; remove: string[] } {
  return {
    add: wanted.filter((id) => !there.includes(id)),
    remove: written.filter((id) => there.includes(id) && !wanted.includes(id)),
  }
}
