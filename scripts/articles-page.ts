/** `docs/articles.md`: every article of the knowledge, word for word, for a doctor to read through and tick. In Chinese, for its reader. */
import type { AppConfig } from '../src/config.ts'
import { type Article, KEEPER_NAMES } from '../src/knowledge/index.ts'

type Parts = Pick<AppConfig, 'knowledge' | 'treatments'>

const KINDS: Record<Article['kind'], string> = {
  faq: '问答',
  guide: '指南',
  forbidden: '禁忌',
  product: '产品',
  script: '话术',
  case: '案例',
  preop: '治疗前须知',
}
const AUDIENCES: Record<Article['audience'], string> = { customer: '客户可见', staff: '仅员工' }
const STATUS: Record<Article['status'], string> = { needs_doctor: '待医生审核', approved: '无需医生审核' }
const ALL = 'all'

export function articlesPage({ knowledge: { articles }, treatments }: Parts): string {
  const names = new Map(treatments.map(({ code, name }) => [code, name]))
  const nameOf = (code: string) => names.get(code) ?? code
  const sections = [...treatments.map(({ code, name }) => ({ code, name })), { code: ALL, name: '各项目通用' }]
    .map(({ code, name }) => ({
      code,
      name,
      // Each stands once, under the first of its treatments; the others point to it.
      own: articles.filter((one) => (one.treatments[0] ?? ALL) === code),
      also: articles.filter((one) => one.treatments.slice(1).includes(code)),
    }))
    .filter(({ own, also }) => own.length + also.length > 0)
  const waiting = (some: readonly Article[]) => some.filter(({ status }) => status === 'needs_doctor').length
  const link = ({ id, title }: Article) => `[${cell(title)}](#${id})`

  const entry = (one: Article): string[] => [
    `### <a id="${one.id}"></a>${one.title}`,
    '',
    `- [ ] 审核通过　\`${one.id}\` · 版本 ${one.version} · **${STATUS[one.status]}**`,
    `- ${KINDS[one.kind]} · ${AUDIENCES[one.audience]} · 项目：${one.treatments.map(nameOf).join('、') || '各项目通用'} · 天数：${daysOf(one)} · 责任岗位：${KEEPER_NAMES[one.owner]} · 复核日期：${one.reviewOn}`,
    `- 来源：${one.sources?.join('；') ?? '未注明，请审核医生补充'}`,
    ...(one.asks.length > 0 ? [`- 也会这样问：${one.asks.join(' ／ ')}`] : []),
    '',
    ...quoted(one.answer),
    ...(one.more ? ['', '展开全文：', '', ...quoted(one.more)] : []),
    '',
    '审核意见：＿＿＿＿＿＿＿＿　医生：＿＿＿＿＿＿　日期：＿＿＿＿＿＿',
    '',
  ]

  return [
    '# 知识条目审阅',
    '',
    '本页由 `npm run gen` 根据 `config/knowledge/` 生成，请勿手改；`npm run check` 会发现过期。',
    '',
    `共 ${articles.length} 条，其中 ${waiting(articles)} 条待医生审核。逐条读完后在方框打勾；审核通过的，把该条的 \`status\` 改为 \`approved\`，生产环境不会说出未经审核的内容。修改文字时请把 \`version\` 加一，并重新填写 \`reviewOn\`；依据写在 \`sources\`。护理指南与消息话术在[内容审阅](content.md)。`,
    '',
    '## 目录',
    '',
    '| 项目 | 条目 | 待审核 | 另见 |',
    '| --- | --- | --- | --- |',
    ...sections.map(
      ({ code, name, own, also }) =>
        `| [${name}](#t-${code}) | ${own.length} | ${waiting(own)} | ${also.map(link).join('、')} |`,
    ),
    '',
    ...sections.flatMap(({ code, name, own, also }) => [
      `## <a id="t-${code}"></a>${name}`,
      '',
      ...own.map((one) => `- ${link(one)}（${STATUS[one.status]}）`),
      ...(also.length > 0 ? [`- 另见：${also.map(link).join('、')}`] : []),
      '',
      ...own.flatMap(entry),
    ]),
  ].join('\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|')
const quoted = (text: string): string[] => {
  const lines = text.trim().split('\n')
  return lines.map((line, i) => `> ${line}${i < lines.length - 1 ? '\\' : ''}`)
}
const daysOf = ({ days }: Article): string =>
  !days ? '不限' : days[0] === days[1] ? dayName(days[0]) : `${dayName(days[0])}至第 ${days[1]} 天`
const dayName = (day: number): string => (day === 0 ? '治疗当天' : `第 ${day} 天`)
