import { expect, test } from 'vitest'
import { menuIn } from '../../../src/bot/puppet-wecom/menu.ts'

test('numbered lines at the end are buttons', () => {
  expect(menuIn('是否同意？\n1 同意\n2 不同意\n')).toEqual({
    head: '是否同意？',
    items: [
      { id: 'bot_1', label: '1 同意' },
      { id: 'bot_2', label: '2 不同意' },
    ],
  })
})

test.each([
  ['one line is no choice', '请记住：\n1 防晒'],
  ['lines in the middle are text', '1 防晒\n2 保湿\n谢谢您'],
  ['they count from one', '步骤\n2 保湿\n3 防晒'],
  ['there must be something to choose about', '1 同意\n2 不同意'],
  ['no button is longer than the vendor takes', `选\n1 ${'字'.repeat(43)}\n2 否`],
  ['nor are there more than ten', `选\n${Array.from({ length: 11 }, (_, i) => `${i + 1} 项`).join('\n')}`],
])('%s', (_, text) => {
  expect(menuIn(text)).toEqual({ head: text, items: [] })
})
