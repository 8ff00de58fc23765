/** Notices of WeChat: each grant is good for one message, so it is asked for at a tap, never in passing. */
import type { Subscriptions } from './me'

/** WeChat asks for three at most in one go. */
const MOST_AT_ONCE = 3

/** Answers how many kinds were allowed; WeChat tells the server itself. @throws nothing: a refusal is an answer */
export async function askForNotices(items: Subscriptions['items']): Promise<number> {
  const tmplIds = [...items]
    .sort((a, b) => a.left - b.left)
    .slice(0, MOST_AT_ONCE)
    .map(({ templateId }) => templateId)
  try {
    const answer = (await wx.requestSubscribeMessage({ tmplIds })) as unknown as Record<string, string>
    return tmplIds.filter((id) => answer[id] === 'accept').length
  } catch {
    return 0
  }
}
