/** A guide's lines in groups. Each line keeps the doctor's words whole; only its heading is chosen here. */

export type LineKind = 'normal' | 'do' | 'avoid' | 'call'
export interface Line {
  id: string
  text: string
}
export interface LineGroup {
  kind: LineKind
  title: string
  icon: string
  /** What happens by itself can't be ticked off. */
  canTick: boolean
  lines: Line[]
}

const CALL = /(联系我们|告诉我们|告诉医生|回复我们|就医|急诊|立即)/
const NORMAL =
  /(常见|属正常|正常过程|多可逐渐|多会逐渐|通常会|会逐渐|会慢慢|多已|多开始|陆续|多在|高峰|快慢|趋于稳定|渐趋|逐渐软化|略有差别)/
const PROHIBITED = /(勿|避免|禁|忌|暂停|暂缓|停用|少低头|少看|不(?!适|需|对称|止|同|佳|足|清|便|妨))/
const ALLOWED = /(可以|可正常|可恢复|请保持|请按|照常|轻柔)/

/** Pure. A line is under "avoid" only if it says nothing else: half an advice under the wrong heading would mislead. */
export function kindOf(text: string): LineKind {
  if (CALL.test(text)) return 'call'
  if (NORMAL.test(text)) return 'normal'
  const clauses = text.split(/[，；。]/).filter(Boolean)
  return clauses.every((clause) => PROHIBITED.test(clause) && !ALLOWED.test(clause)) ? 'avoid' : 'do'
}

const GROUPS: Record<LineKind, { title: string; icon: string; canTick: boolean }> = {
  normal: { title: '这几天常见的情况', icon: 'heart', canTick: false },
  do: { title: '请这样护理', icon: 'check-circle', canTick: true },
  avoid: { title: '请避免', icon: 'error-circle', canTick: true },
  call: { title: '这些情况请联系我们', icon: 'call', canTick: false },
}

/** Pure. Groups without lines are left out. */
export function groupLines(lines: readonly Line[]): LineGroup[] {
  return (Object.keys(GROUPS) as LineKind[]).flatMap((kind) => {
    const own = lines.filter(({ text }) => kindOf(text) === kind)
    return own.length > 0 ? [{ kind, ...GROUPS[kind], lines: own }] : []
  })
}
