/** What a supervisor is told of a plan that has changed: WeCom cuts a long text off, and its end is the way back. */
import { expect, test } from 'vitest'
import { textOf } from '../../../src/care/told.ts'

const long = '· 术后第 10 天电话回访及拆线后护理指导（含照片对比）：12月28日 → 12月30日（负责人休假，已转交）'
const tail = [`原因：${'因'.repeat(200)}`, `如需恢复，请在诊疗系统的护理计划中撤销变动 ${'x'.repeat(64)}。`]

test('a long change keeps its reason and the way back inside what WeCom shows, and says how much it left out', () => {
  const text = textOf(
    '【护理安排调整】王女士',
    Array.from({ length: 30 }, () => long),
    tail,
  )
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2_048)
  expect(text.split('\n').slice(-2)).toEqual(tail)
  const shown = text.split(long).length - 1
  expect(shown).toBeGreaterThan(3)
  expect(text).toContain(`\n…还有 ${30 - shown} 项\n`)
})
test('a short one is said whole', () => {
  expect(textOf('头', ['· 一', '· 二'], ['尾'])).toBe('头\n· 一\n· 二\n尾')
})
