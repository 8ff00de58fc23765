/** Problems with products, as rules: whose they are, by when, and what the customer hears. */
import { describe, expect, test } from 'vitest'
import {
  AfterSalesFile,
  afterRemedy,
  afterSalesTasks,
  arranged,
  arrangements,
  asksProduct,
  doctorsWords,
  problemsIn,
  remedyLetter,
  remedyOf,
} from '../../../src/care/after-sales.ts'
import type { LeadFacts } from '../../../src/care/leads.ts'
import type { StepFacts } from '../../../src/care/wording.ts'
import type { WindowFacts } from '../../../src/messaging/index.ts'
import { dailyOpening } from '../../../src/platform/calendar.ts'
import { type ChecklistItem, REMEDIES, type Remedy } from '../../../src/tasks/index.ts'
import type { Treatment } from '../../../src/treatments/index.ts'
import { at, kinds } from './clinic.ts'

const treatments = { kind: (code: string) => kinds.find((one) => one.code === code) ?? null }
const done = (code: string) => ({ id: code, code, treatedOn: '2026-03-02' }) as Treatment
const NOW = at('2026-03-10 15:00')
const WINDOW: WindowFacts = {
  timeZone: 'Asia/Shanghai',
  contactWindows: [{ from: '11:00', to: '17:00' }],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}
const facts = (code: string, ...also: string[]) =>
  ({
    contact: { salutation: '王女士', customer: { optOut: { all: false } } },
    window: WINDOW,
    opening: dailyOpening(),
    treatment: code === '' ? undefined : done(code),
    also: also.map((one) => ({ treatment: done(one), guideDay: null })),
    place: { displayName: '华颜', callbackPhone: '021-1', timeZone: 'Asia/Shanghai' },
    at: NOW,
    contactId: 'k1',
    customerId: 'c1',
    treatmentId: 'p1',
    storeId: 'huayan',
    by: '林悦',
    words: '泵头按不出来',
  }) as unknown as LeadFacts
const departments = AfterSalesFile.parse({
  version: 1,
  problems: {
    quality_problem: { role: 'department_head', hours: 48 },
    packaging_problem: { role: 'operations', hours: 72 },
    service_problem: { role: 'customer_service', hours: 48 },
  },
}).problems

test('whoever speaks of a product is asked after its problems, also besides a treatment; of treatments alone nobody is', () => {
  expect(asksProduct(facts('product'), treatments)).toBe(true)
  expect(asksProduct(facts('ipl', 'product'), treatments)).toBe(true)
  expect(asksProduct(facts('ipl', 'botulinum'), treatments)).toBe(false)
  expect(asksProduct(facts(''), treatments)).toBe(false)
})

test('a reaction is the doctor’s: with it the quality goes to no department, other problems still do', () => {
  const checklist: ChecklistItem[] = ['reaction', 'quality_problem', 'packaging_problem']
  expect(problemsIn({ checklist }, false)).toEqual(['quality_problem', 'packaging_problem'])
  expect(problemsIn({ checklist }, true)).toEqual(['packaging_problem'])
  expect(problemsIn({ checklist: ['reaction', 'unhappy'] }, false)).toEqual([])
  expect(problemsIn({ checklist: null }, false)).toEqual([])
})

describe('the task of a department', () => {
  const opened = (problems: Parameters<typeof afterSalesTasks>[1], of = facts('product')) =>
    afterSalesTasks(treatments, problems, departments, of, NOW)

  test('is one per contact and problem, due in the hours of the table, with the customer’s words', () => {
    const tasks = opened(['quality_problem', 'packaging_problem'])
    expect(tasks.map(({ role, openAt, dueAt }) => [role, openAt, dueAt])).toEqual([
      ['department_head', NOW, at('2026-03-12 15:00')],
      ['operations', NOW, at('2026-03-13 15:00')],
    ])
    expect(tasks[0]).toMatchObject({
      kind: 'after_sales',
      form: 'decision',
      title: '王女士 · 产品质量问题，请处理',
      script: '客户反映：泵头按不出来',
      facts: [
        { name: '产品', value: '护理产品' },
        { name: '问题', value: '产品质量问题' },
        { name: '时限', value: '48小时内' },
        { name: '记录人', value: '林悦' },
      ],
    })
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(2)
    expect(opened(['quality_problem'])[0]?.id).toBe(tasks[0]?.id)
    expect(opened(['quality_problem'], { ...facts('product'), contactId: 'k2' })[0]?.id).not.toBe(tasks[0]?.id)
  })

  test('says so where nothing was written down, and names the product beside a treatment', () => {
    const [task] = opened(['service_problem'], { ...facts('ipl', 'product'), words: null })
    expect(task?.script).toBe('客户没有更多说明，请先联系客户了解。')
    expect(task?.facts[0]).toEqual({ name: '产品', value: '护理产品' })
  })
})

describe('what nobody could speak with the customer about', () => {
  const { contact, ...rest } = facts('product')
  const silent = { ...rest, contact: { ...contact, customer: { optOut: { all: true } } } } as unknown as LeadFacts

  test('is a call of customer service, due by the end of the next open day', () => {
    const [call, ...more] = arrangements(treatments, 'exchange', false, facts('product'))
    expect(more).toEqual([])
    expect(call).toMatchObject({ kind: 'after_sales', form: 'contact', role: 'customer_service', openAt: NOW })
    expect(call?.dueAt).toEqual(at('2026-03-11 17:00'))
    expect(call?.script).toBe('处理时暂未联系上客户，请致电说明处理结果，并约定具体安排。泵头按不出来')
    const again = arrangements(treatments, 'exchange', false, { ...facts('product'), at: at('2026-03-10 16:00') })
    expect(again[0]?.id).toBe(call?.id)
  })

  test('is nothing where it was agreed, for other contacts, and for a suggestion that a message answers', () => {
    expect(arrangements(treatments, 'refund', true, facts('product'))).toEqual([])
    expect(arrangements(treatments, undefined, false, facts('product'))).toEqual([])
    expect(arrangements(treatments, 'suggestion', false, facts('product'))).toEqual([])
  })

  test('is always a call to whoever wants no messages, as card and record say', () => {
    const calls = arrangements(treatments, 'suggestion', false, silent)
    expect(calls[0]?.script).toMatch(/^客户不接收消息，结果请电话告知。/)
    expect(afterRemedy(calls, silent)).toEqual(['客户不接收消息，结果以电话告知', '客服致电约定'])
    expect(afterRemedy([], facts('product'))).toEqual(['结果以消息告知客户'])
    const [task] = afterSalesTasks(treatments, ['quality_problem'], departments, silent, NOW)
    expect(task?.script).toBe('客户不接收消息，结果请电话告知。客户反映：泵头按不出来')
  })
})

test('the doctor reads of a quality problem before what was said, also where nothing was', () => {
  const words = (checklist: ChecklistItem[], summary: string | null) => doctorsWords({ checklist, summary })
  expect(words(['quality_problem'], '两颊红痒')).toBe('客户同时反映产品质量问题，请一并了解。两颊红痒')
  expect(words(['quality_problem'], null)).toContain('请尽快联系客户')
  expect(words(['packaging_problem'], '两颊红痒')).toBe('两颊红痒')
  expect(words(['packaging_problem'], null)).toBeNull()
})

test('the record names each time limit once', () => {
  const checklist: ChecklistItem[] = ['quality_problem', 'packaging_problem', 'service_problem']
  expect(arranged({ checklist }, false, departments)).toEqual(['产品问题48小时内处理', '产品问题72小时内处理'])
  expect(arranged({ checklist: ['quality_problem'] }, true, departments)).toEqual(['产品质量由医生一并了解'])
  expect(arranged({ checklist: null }, false, departments)).toEqual([])
})

describe('what the customer hears', () => {
  const letter = (remedy: Remedy, code = 'product') =>
    remedyLetter(
      treatments,
      { id: 'sales_1', storeId: 'huayan', treatmentId: 'p1' },
      'c1',
      remedy,
      facts(code) as StepFacts,
    )

  test('has a text of its own for each remedy, and is one message per task', () => {
    const all = (Object.keys(REMEDIES) as Remedy[]).map((remedy) => letter(remedy))
    expect(new Set(all.map(({ content }) => (content.kind === 'template' ? content.templateKey : ''))).size).toBe(4)
    expect(new Set(all.map(({ stepId, occurrence, audience }) => `${stepId}|${occurrence}|${audience}`)).size).toBe(1)
    expect(all[0]).toMatchObject({ contactClass: 'case_update', notBefore: NOW, notAfter: at('2026-03-13 15:00') })
  })

  test('speaks of the product, also where nobody knows which one it was', () => {
    expect(letter('refund').content).toMatchObject({ vars: { treatment: '护理产品', staff: '客服' } })
    expect(letter('refund', '').content).toMatchObject({ vars: { treatment: '产品' } })
  })
})

test('only a finished task of this kind has a remedy, and only one of the list', () => {
  const decided = (choice: string) => ({ choice, reason: 'agreed' })
  expect(remedyOf({ kind: 'after_sales', decision: decided('exchange') })).toBe('exchange')
  expect(remedyOf({ kind: 'after_sales', decision: decided('toString') })).toBeNull()
  expect(remedyOf({ kind: 'after_sales', decision: null })).toBeNull()
  expect(remedyOf({ kind: 'decide_consultation', decision: decided('exchange') })).toBeNull()
})
