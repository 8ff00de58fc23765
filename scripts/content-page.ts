/** `docs/content.md`: every text that a customer may get, as it arrives, for a doctor to review. In Chinese, for its reader. */
import {
  buildGuides,
  entryOf,
  type GuideBook,
  type GuideEntry,
  type GuideFile,
  MILESTONE_NAMES,
  type Moment,
  momentOf,
  momentsOf,
} from '../src/care/guides.ts'
import type { StepRow } from '../src/care/model.ts'
import { matches, type PathwayStep } from '../src/care/pathway.ts'
import { varsOf } from '../src/care/wording.ts'
import type { AppConfig } from '../src/config.ts'
import type { CustomerContact } from '../src/customers/index.ts'
import { type RenderedMessage, render } from '../src/messaging/templates.ts'
import { addDays, addMonths, atTime, DEFAULT_ZONE } from '../src/platform/calendar.ts'
import type { Role, StaffMember, Store } from '../src/staff/index.ts'
import type { Treatment, TreatmentKind } from '../src/treatments/index.ts'

/** Made up, like the demo's people. */
const SAMPLE = {
  contact: { salutation: '王女士' } as CustomerContact,
  place: {
    type: 'hospital',
    displayName: '华颜整形医院',
    callbackPhone: '021-60000001',
    emergencyPhone: '021-60000120',
    address: '上海市静安区示例路 1 号',
    timeZone: DEFAULT_ZONE,
  } as Store,
  treatedOn: '2026-03-02',
}
const STATUS = { needs_doctor: '待医生审核', approved: '已审核' }
const CLASSES = {
  safety: '安全',
  greeting: '即时关怀',
  reply: '对话中的回复',
  case_update: '进展告知',
  care: '护理',
  promotion: '营销',
}
const CATEGORIES: Record<TreatmentKind['category'], string> = {
  injection: '注射',
  laser: '激光与光子',
  energy: '射频',
  hair_removal: '脱毛',
  surgery: '手术',
  hair_transplant: '毛发移植',
  skin: '皮肤',
  salon: '美容院护理',
  product: '产品',
}
const TECHNIQUES: Record<string, string> = {
  fut: 'FUT',
  fue: 'FUE',
  skin_care: '护肤',
  make_up: '彩妆',
  fragrance: '香水',
  medical: '械字号',
  device: '仪器',
}
/** What stands for the guide where a template is shown by itself. */
const PLACEHOLDERS = {
  guide: '\n〔当天的护理要点与须立即就医的情况，见第三部分〕',
  brief: '〔护理要点一句话〕',
  urgent: '〔须立即就医的情况〕',
  notice: '〔护理提示〕',
  text: '〔正文〕',
  number: 'TS20260302-0A3F7B',
  link: '〔问卷的链接〕',
}
const USUAL_SUTURE_DAY = 7
const FUT_SUTURE_DAY = 10
const momentName = (moment: Moment): string =>
  typeof moment === 'string' ? MILESTONE_NAMES[moment] : moment === 0 ? '治疗当天' : `第 ${moment} 天`

/** The day on which the sample customer reads it: stitches are taken out on day 7, after FUT on day 10. */
function dayOfMoment(moment: Moment, sutureDay: number): string {
  if (typeof moment === 'number') return addDays(SAMPLE.treatedOn, moment)
  if (moment.startsWith('month')) return addMonths(SAMPLE.treatedOn, Number(moment.slice('month'.length)))
  const from = { suture_eve: -1, suture_day: 0, suture_after: 1 }[moment as 'suture_eve'] ?? 0
  return addDays(SAMPLE.treatedOn, sutureDay + from)
}

const quote = (text: string): string =>
  text
    .split('\n')
    .map((line, i, all) => `> ${line}${i < all.length - 1 ? '\\' : ''}`)
    .join('\n')
const chars = (text: string): number => [...text].length

function forms({ chat, sms, subscribe, email }: RenderedMessage): string[] {
  return [
    quote(chat),
    '',
    ...(sms ? [`- 短信（${chars(sms)} 字）：${sms}`] : []),
    ...(email ? [`- 邮件主题：${email.subject}（正文同上）`] : []),
    ...(subscribe ? [`- 小程序通知：${Object.values(subscribe.fields).join(' ｜ ')}`] : []),
    '',
  ]
}

/** With what this template has no room for, so that it is reviewed all the same. */
function guideForms(message: RenderedMessage, entry: GuideEntry | undefined): string[] {
  const lines = forms(message)
  const shown = lines.join('\n')
  const short = [
    { name: '一句话要点', text: entry?.brief ?? '' },
    { name: '护理提示', text: entry?.notice ?? '' },
  ]
  return [
    ...lines.slice(0, -1),
    ...short.filter(({ text }) => !shown.includes(text)).map(({ name, text }) => `- ${name}：${text}`),
    '',
  ]
}

export function contentPage({ templates, guideFiles, pathways, treatments, drawings }: AppConfig): string {
  const kind = (code: string) => treatments.find((one) => one.code === code) ?? null
  /** What fills a template that the sample customer gets on that day, from that guide. */
  function sample(of: {
    code: string
    technique?: string | null
    moment?: Moment
    role: Role
    on: string
    book: GuideBook
  }) {
    return varsOf(
      { guideDay: of.moment ?? null, ownerRole: of.role, title: '' } as StepRow,
      {
        contact: SAMPLE.contact,
        treatment: {
          code: of.code,
          technique: of.technique ?? null,
          treatedOn: SAMPLE.treatedOn,
          endedAt: atTime(SAMPLE.treatedOn, '10:30', DEFAULT_ZONE),
        } as Treatment,
        place: SAMPLE.place,
        at: atTime(of.on, '11:00', DEFAULT_ZONE),
        member: { name: '林悦', roles: [of.role] } as unknown as StaffMember,
      },
      of.book,
      { kind },
    )
  }

  const picture = (key: string) =>
    `<img src="../config/illustrations/${key}.svg" width="72" alt="${drawings.get(key)?.caption}">`

  function templateSection(): string[] {
    return [...templates.values()].flatMap((template) => {
      const uses = pathways.flatMap((pathway) =>
        pathway.steps.filter((step) => step.template === template.key).map((step) => ({ pathway, step })),
      )
      const [first] = uses
      const met = first && treatments.find((one) => matches(first.pathway, { ...one, storeType: 'hospital' }))
      const moment = first && momentOf(first.step)
      const vars = {
        ...sample({
          code: met?.code ?? 'skin_booster',
          role: first?.step.owner ?? 'customer_service',
          on: dayOfMoment(moment ?? (template.class === 'greeting' ? 0 : 7), USUAL_SUTURE_DAY),
          book: buildGuides(new Map()),
        }),
        ...PLACEHOLDERS,
      }
      const used = uses.map(({ pathway, step }) => `${pathway.name}·${step.title}`)
      return [
        `### ${template.key}`,
        '',
        `类别：${CLASSES[template.class]} · 版本 ${template.version}${used.length > 0 ? ` · 用于：${used.join('、')}` : ''}`,
        '',
        ...forms(render(templates, template.key, vars)),
      ]
    })
  }

  function callSection(): string[] {
    return pathways.flatMap(({ name, version, steps }) => {
      const calls = steps.filter(({ script }) => script)
      return calls.length === 0
        ? []
        : [
            `### ${name}`,
            '',
            `版本 ${version}`,
            '',
            ...calls.map(({ title, script }) => `- **${title}**：${script}`),
            '',
          ]
    })
  }

  /** The step that brings this guide to this treatment, if one does: guidance, else a contact whose text has room for it. */
  function carrier(one: TreatmentKind, moment: Moment): PathwayStep | null {
    const steps = pathways
      .filter((pathway) => matches(pathway, { ...one, storeType: 'hospital' }))
      .sort((a, b) => b.specificity - a.specificity)
      .flatMap((pathway) => pathway.steps)
      .filter((step) => (step.class === 'greeting' ? 0 : momentOf(step)) === moment)
    // Contacts of one owner merge, and the words of the first are sent.
    const spoken = steps.filter((step, i) => steps.findIndex(({ owner }) => owner === step.owner) === i)
    const hasRoom = ({ template }: PathwayStep) => templates.get(template ?? '')?.chat.includes('{{guide}}')
    return steps.find(({ kind: what }) => what === 'guidance') ?? spoken.find(hasRoom) ?? null
  }

  function guideSection(name: string, file: GuideFile): string[] {
    const code = file.codes[0] ?? treatments.find(({ category }) => file.categories.includes(category))?.code ?? 'ipl'
    const technique = file.techniques[0] ?? null
    const one = kind(code)
    // Alone, so that it speaks here for what another guide would say first.
    const book = buildGuides(new Map([[name, file]]))
    const sutureDay = technique === 'fut' ? FUT_SUTURE_DAY : USUAL_SUTURE_DAY
    return [
      `### ${titleOf(name, file)}`,
      '',
      `\`config/guides/${name}.yaml\` · 版本 ${file.version} · **${STATUS[file.status]}**`,
      '',
      `须立即拨打紧急电话：**${file.urgent}**`,
      '',
      ...(technique ? [`这里没有列出的日子，与“${one?.name}”通用。`, ''] : []),
      ...momentsOf(file).flatMap((moment) => {
        const pictures = entryOf(file, moment)?.pictures ?? []
        const step = one ? carrier(one, moment) : null
        const on = dayOfMoment(moment, sutureDay)
        const template = step?.template ?? 'care.guidance'
        const vars = sample({ code, technique, moment, role: step?.owner ?? 'consultant', on, book })
        return [
          `#### ${momentName(moment)}`,
          '',
          ...(pictures.length > 0 ? [pictures.map(picture).join(' '), ''] : []),
          ...(step ? [] : ['（目前没有步骤发送，以“护理指导”话术示例）', '']),
          ...guideForms(render(templates, template, vars), entryOf(file, moment)),
        ]
      }),
      '审核意见：＿＿＿＿＿＿＿＿　医生：＿＿＿＿＿＿　日期：＿＿＿＿＿＿',
      '',
    ]
  }

  function titleOf(name: string, { codes, techniques, categories }: GuideFile): string {
    const names = codes.map((code) => kind(code)?.name ?? code)
    if (names.length > 0) return [names.join('、'), ...techniques.map((one) => TECHNIQUES[one] ?? one)].join(' ')
    if (categories.length > 0) return `其他${categories.map((one) => CATEGORIES[one as 'skin']).join('与')}项目`
    return name === 'general' ? '通用指南' : name
  }

  const ordered = [...guideFiles].sort(([, a], [, b]) => rank(a) - rank(b))
  /** In the order of the treatments; guides of categories after them, the general one last. */
  function rank({ codes, categories, techniques }: GuideFile): number {
    const at = treatments.findIndex(({ code }) => codes.includes(code))
    return at >= 0 ? at * 10 + techniques.length : categories.length > 0 ? 1_000 : 2_000
  }
  const waiting = ordered.filter(([, { status }]) => status === 'needs_doctor').length

  return [
    '# 内容审阅：话术与护理指南',
    '',
    '本页由 `npm run gen` 根据 `config/` 生成，请勿手改；`npm run check` 会发现过期。示例客户：王女士，2026年3月2日 在华颜整形医院治疗；姓名、电话均为虚构。',
    '',
    `护理指南共 ${ordered.length} 份，其中 ${waiting} 份待医生审核。审核通过后，把该文件的 \`status\` 改为 \`approved\`；生产环境不发送未经审核的内容。修改文字时请把 \`version\` 加一。`,
    '',
    '同一天做了几个项目时合并成一条消息，各项目的要点分别列出；放不下时改用一句话要点，须立即就医的情况始终保留。',
    '',
    '| 护理指南 | 文件 | 状态 | 时间 |',
    '| --- | --- | --- | --- |',
    ...ordered.map(
      ([name, file]) =>
        `| [${titleOf(name, file)}](#${anchor(titleOf(name, file))}) | \`${name}\` | ${STATUS[file.status]} | ${momentsOf(file).map(momentName).join('、')} |`,
    ),
    '',
    '## 一、消息话术',
    '',
    ...templateSection(),
    '## 二、通话要点',
    '',
    '员工致电时看到的提纲，不发送给客户。',
    '',
    ...callSection(),
    '## 三、护理指南',
    '',
    ...ordered.flatMap(([name, file]) => guideSection(name, file)),
    '## 四、插图',
    '',
    '| 插图 | 说明 | 文件 |',
    '| --- | --- | --- |',
    ...[...drawings].map(([key, { caption }]) => `| ${picture(key)} | ${caption} | \`${key}\` |`),
    '',
  ].join('\n')
}

const anchor = (title: string): string => title.toLowerCase().replaceAll(' ', '-')
