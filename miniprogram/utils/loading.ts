/** How pages get what they show: waiting, ready, failed or over, in words; pulled down; one page more of a list. */
import { openAgreement } from '../services/agreement'
import { isClosed, RequestError } from '../services/request'
import { problemOf } from './views'

interface Waiting {
  data: { status: string }
  setData(patch: Record<string, unknown>): void
}

const WRONG_ADDRESS = 400
const GONE = 404
/** For a page that was opened without saying what for. */
export const NOTHING_THERE = { status: 'over', problem: '没有找到您要的内容，可能链接不完整。' } as const

/** What can't be there is over: trying again would find nothing. What may pass can be tried again. */
export function failureOf(error: unknown): { status: 'failed' | 'over'; problem: string } {
  if (error instanceof RequestError && error.status === WRONG_ADDRESS) return NOTHING_THERE
  const isGone = error instanceof RequestError && error.status === GONE
  return { status: isGone ? 'over' : 'failed', problem: problemOf(error) }
}

/**
 * Shows what `get` answers; null changes nothing. What is closed without the agreement leads to it. Whoever sees something already keeps it, and a word says that it isn't
 * the latest. @param isWanted asked when the answer is there: something else may be wanted by then
 */
export async function show(page: Waiting, get: () => Promise<object | null>, isWanted = () => true): Promise<void> {
  const isFirst = page.data.status !== 'ready'
  if (isFirst) page.setData({ status: 'loading', problem: '' })
  try {
    const shown = await get()
    if (shown && isWanted()) page.setData({ status: 'ready', problem: '', ...shown })
  } catch (error) {
    if (!isWanted()) return
    if (isClosed(error)) openAgreement()
    else if (isFirst) page.setData(failureOf(error))
    else void wx.showToast({ title: problemOf(error), icon: 'none' })
  }
}

/** Of every page that can be pulled down. */
export async function onPullDownRefresh(this: { load(): Promise<void> }): Promise<void> {
  await this.load()
  void wx.stopPullDownRefresh()
}

/** What comes after `page.cursor`; nothing at the end, while another is on its way, and, with a word, where it doesn't come. */
export async function more<T>(
  page: { cursor: string | null },
  get: (cursor: string) => Promise<{ items: T[]; nextCursor: string | null }>,
): Promise<T[]> {
  const { cursor } = page
  if (!cursor) return []
  page.cursor = null
  try {
    const { items, nextCursor } = await get(cursor)
    page.cursor = nextCursor
    return items
  } catch (error) {
    page.cursor = cursor
    void wx.showToast({ title: problemOf(error), icon: 'none' })
    return []
  }
}

/** A patch that lengthens a list: what is drawn already isn't sent to the view again. Pure. */
export const appended = (name: string, length: number, items: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(items.map((item, i) => [`${name}[${length + i}]`, item]))
