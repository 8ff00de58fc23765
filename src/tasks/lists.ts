/** Lists of the day: what each person has to do, and what is overdue, as short messages. Rendering is pure. */
import type { TaskRow } from './model.ts'

const LINES = 12
/** WeCom's limit for markdown is 2048 bytes. */
const BYTES = 2_000

function shortened(head: string, lines: readonly string[], total: number): string {
  const kept: string[] = []
  for (const line of lines.slice(0, LINES)) {
    if (Buffer.byteLength([head, ...kept, line, '…还有 9999 条'].join('\n')) > BYTES) break
    kept.push(line)
  }
  const left = total - kept.length
  return [head, ...kept, ...(left > 0 ? [`…还有 ${left} 条`] : [])].join('\n')
}

const safe = (text: string): string => text.replace(/[<>*`[\]#]/g, ' ')

export function morningList(tasks: readonly TaskRow[], time: (at: Date) => string, now: Date): string {
  const overdue = tasks.filter(({ deadlineAt }) => deadlineAt < now).length
  const head = `**今日回访任务 ${tasks.length} 项**${overdue > 0 ? `，其中 <font color="warning">${overdue} 项已逾期</font>` : ''}`
  const sorted = [...tasks].sort((a, b) => Number(a.openAt) - Number(b.openAt) || (a._id < b._id ? -1 : 1))
  return shortened(
    head,
    sorted.map((task) => `> ${time(task.openAt)} ${safe(task.title)}`),
    tasks.length,
  )
}

/** Who was treated, and nobody has said yet what comes next: by whom it is to be said. */
export function nothingSetList(
  storeName: string,
  tasks: readonly TaskRow[],
  ownerName: (userId: string) => string,
  day: (at: Date) => string,
): string {
  const sorted = [...tasks].sort((a, b) => Number(b.openAt) - Number(a.openAt) || (a._id < b._id ? -1 : 1))
  return shortened(
    `**${safe(storeName)}：${tasks.length} 项治疗后续未安排**`,
    sorted.map((task) => {
      const what = task.facts.find(({ name }) => name === '项目')?.value ?? ''
      const who = task.ownerUserId === '' ? '尚未分配负责人' : `${ownerName(task.ownerUserId)}未填写`
      return `> ${day(task.openAt)} ${safe(task.title)}（${safe(what)}）：${who}`
    }),
    tasks.length,
  )
}

export function overdueList(
  storeName: string,
  tasks: readonly TaskRow[],
  ownerName: (userId: string) => string,
): string {
  if (tasks.length === 0) return `**${safe(storeName)}**：今日回访任务全部完成，辛苦了。`
  const sorted = [...tasks].sort((a, b) => Number(a.deadlineAt) - Number(b.deadlineAt) || (a._id < b._id ? -1 : 1))
  return shortened(
    `**${safe(storeName)}：${tasks.length} 项任务今日未完成**`,
    sorted.map((task) => `> ${ownerName(task.ownerUserId)}：${safe(task.title)}`),
    tasks.length,
  )
}
