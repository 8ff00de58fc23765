/** Which heading a line of a guide stands under in the mini-program. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { sectionsOf } from '../../../miniprogram/utils/copy.ts'
import {
  addDays,
  dayWords,
  fullInstantWords,
  instantWords,
  nearWords,
  timeWords,
} from '../../../miniprogram/utils/dates.ts'
import { groupLines, kindOf } from '../../../miniprogram/utils/lines.ts'
import { readable } from '../../../miniprogram/utils/readable.ts'
import { NoteText } from '../../../src/platform/views.ts'

const GUIDES = 'config/guides'
interface GuideText {
  days: Record<string, { text: string }>
}
const lines = readdirSync(GUIDES)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => Object.values((parse(readFileSync(join(GUIDES, name), 'utf8')) as GuideText).days))
  .flatMap(({ text }) => text.split('\n').map((line) => line.replace(/^\s*·\s*/, '').trim()))
  .filter(Boolean)

describe('the lines of a guide', () => {
  test.each([
    ['若有渗液、脓点、水泡，请联系我们，由医生查看。', 'call'],
    ['灼热感持续加重或出现水泡，请立即联系我们，不要自行挑破。', 'call'],
    ['色斑处变深、开始结痂属常见反应，请勿抠抓。', 'normal'],
    ['继续补水修复，少量多次薄涂修复霜。', 'do'],
    ['24 小时内不沾水、不化妆、不揉搓；不饮酒，不出汗，不去高温环境。', 'avoid'],
    ['避免桑拿、汗蒸等高温环境。', 'avoid'],
    // Half of each is an advice to do something: no prohibition as a whole.
    ['可以散步，避免剧烈运动、低头负重、桑拿和游泳。', 'do'],
    ['忌辛辣与酒，多喝水。', 'do'],
    ['按医嘱护理疤痕，坚持防晒；不揉眼、不牵拉眼角。', 'do'],
  ])('%s is under %s', (text, kind) => expect(kindOf(text)).toBe(kind))

  test('of every guide are all shown, each once, in the words of the doctor', () => {
    expect(lines.length).toBeGreaterThan(300)
    const given = lines.map((text, i) => ({ id: String(i), text }))
    const shown = groupLines(given).flatMap((group) => group.lines)
    expect(shown.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual(given)
  })

  test('what is to be avoided is nowhere an advice to do something', () => {
    const avoided = lines.filter((text) => kindOf(text) === 'avoid')
    expect(avoided.length).toBeGreaterThan(30)
    expect(avoided.filter((text) => /(可以|可恢复|多喝|请按)/.test(text))).toEqual([])
  })
})

describe('days and instants', () => {
  test('are said in the zone of the clinics', () => {
    expect(instantWords('2026-03-10T16:30:00.000Z')).toBe('3月11日 周三 00:30')
    expect(fullInstantWords('2025-12-31T16:00:00.000Z')).toBe('2026年1月1日 00:00')
    expect(dayWords('2026-03-10', '2026-03-01')).toBe('3月10日 周二')
    expect(dayWords('2027-01-01', '2026-12-31')).toBe('2027年1月1日 周五')
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01')
  })
  test.each([
    ['2026-03-10', '今天'],
    ['2026-03-11', '明天'],
    ['2026-03-12', '后天'],
    ['2026-03-24', '14 天后'],
    ['2026-03-25', null],
    ['2026-03-09', null],
  ])('%s is near as %s', (day, words) => expect(nearWords(day, '2026-03-10')).toBe(words))
})

test('a copy of data is put in words, leaves nothing out that is there, and shows no empty fields', () => {
  const parts = [
    {
      name: 'customer',
      content: {
        _id: 'x',
        name: '王',
        phone: null,
        hasAllergies: true,
        optOut: { all: true },
        deceased: false,
        openIds: ['o1'],
      },
    },
    {
      name: 'treatments',
      content: [
        { treatment: '光子嫩肤', somethingNew: 3, endedAt: '2026-03-07T03:00:00.000Z', treatedOn: '2026-03-07' },
      ],
    },
    { name: 'care', content: [{ kind: 'guidance' }] },
  ]
  const [customer, treatments, care] = sectionsOf(parts, timeWords)
  expect(customer?.title).toBe('基本信息')
  expect(customer?.entries[0]?.lines).toEqual([
    { label: '姓名', value: '王' },
    { label: '退订', value: '全部消息 是' },
    { label: '登记过敏史', value: '是' },
  ])
  expect(treatments?.entries[0]?.lines).toEqual([
    { label: '治疗项目', value: '光子嫩肤' },
    { label: '治疗结束', value: '2026年3月7日 11:00' },
    { label: '治疗日期', value: '2026年3月7日 周六' },
    { label: 'somethingNew', value: '3' },
  ])
  expect(care?.entries[0]?.lines).toEqual([{ label: '类型', value: '护理指导' }])
})

test('what is pasted from contacts and chats is sent as the server takes it, and nothing that is seen is lost', () => {
  const pasted = ['\u202d138 0013 8000\u202c', '等了\u0000一小时\n没人理\u2066我\u2069', '半个\ud83d字', '👩‍👩‍👧 好的']
  expect(pasted.map(readable)).toEqual(['138 0013 8000', '等了一小时\n没人理我', '半个字', '👩‍👩‍👧 好的'])
  for (const words of pasted) {
    expect(NoteText(100).safeParse(readable(words)).success).toBe(true)
  }
  expect(['\u200b', ' \ufeff\u200d\n', '\u202e'].map(readable)).toEqual(['', '', ''])
})
