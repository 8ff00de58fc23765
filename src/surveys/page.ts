/** Where the link in a message leads: what is asked, and the way into the mini-program. Nothing of the person stands on it. */
import { z } from 'zod'
import { conflict } from '../platform/errors.ts'
import { type Page, page } from '../platform/pages.ts'
import type { WechatClient } from '../wechat/index.ts'
import type { SurveyDesk } from './desk.ts'
import { SURVEY_PAGE } from './service.ts'

export interface SurveyPageDeps {
  desk: Pick<SurveyDesk, 'open'>
  /** Null: there is no mini-program. */
  wechat: Pick<WechatClient, 'urlLink'> | null
}

const STYLE =
  'body{margin:0 auto;max-width:560px;padding:32px 20px;background:#f7f4ee;color:#23403d;font:17px/1.75 -apple-system,"PingFang SC","Microsoft YaHei","Noto Sans SC",sans-serif}' +
  'h1{font-size:26px;color:#2b5f5a;margin:0 0 12px}a{display:block;min-height:48px;margin:28px 0;padding:10px 16px;border-radius:24px;background:#2b5f5a;color:#fff;text-align:center;text-decoration:none;box-sizing:border-box}' +
  'a:focus-visible{outline:3px solid #8fbfb4;outline-offset:2px}small{color:#5d7a75;font-size:15px}'
const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const safe = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign)
const dressed = (title: string, body: string): string => `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${safe(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${safe(title)}</h1>
${body}
</main>
</body>
</html>
`

export const surveyPages = ({ desk, wechat }: SurveyPageDeps): Page[] => [
  page({
    path: '/p/surveys/:token',
    params: z.object({ token: z.string().regex(/^[\w-]{16,64}$/) }),
    // What messengers add to addresses is nobody's business here.
    query: z.object({}),
    refused: (message) =>
      dressed('问卷', `<p>${safe(message)}</p><p>如有想告诉我们的，欢迎直接回复消息或致电门店。</p>`),
    async show({ params: { token } }) {
      const { invitation, isOver, form } = await desk.open({ token })
      if (isOver) throw conflict(invitation.status === 'answered' ? 'survey_answered' : 'survey_closed')
      const way = await wechat?.urlLink({ page: SURVEY_PAGE, query: `token=${token}` })
      const go = way
        ? `<a href="${safe(way)}">打开小程序填写</a>`
        : '<p>请直接回复消息或致电门店，把您的感受告诉我们。</p>'
      return dressed(
        form.title,
        `<p>${safe(form.intro)}</p>${go}<p><small>共 ${form.questions.length} 题以内，填到一半也会为您保留。</small></p>`,
      )
    },
  }),
]
