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

const CALL = /(联系我们|联系诊所|就医|急诊|立即)/
const NORMAL = /(常见反应|属正常|属常见|常见表现|多可逐渐|会慢慢|多已|陆续|多在)/
const AVOID =
  /(^|[，；。、])\s*(仍)?(勿|请勿|避免|请避免|暂停|暂不|暂缓|不要|禁|忌|停用|不(沾|揉|化|饮|喝|吸|做|按|抠|挤|碰|去|用|戴|穿|提|吃))/

/** Pure. */
export function kindOf(text: string): LineKind {
  if (CALL.test(text)) return 'call'
  if (NORMAL.test(text)) return 'normal'
  // What follows an advice to do something is its other half, not a heading of its own.
  return AVOID.test(text.slice(0, FIRST_WORDS)) ? 'avoid' : 'do'
}
const FIRST_WORDS = 18

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
