/** `picker` in all its modes, as a sheet from below. */

import { make } from '../dom.ts'
import type { Component } from '../framework.ts'
import { dialogOver } from '../wx/dialogs.ts'
import { type Builder, fire, list, number, onTap, text } from './define.ts'

const ROWS = 5

interface Choice {
  body: HTMLElement[]
  read: () => unknown
}

export function registerPicker({ define }: Builder): void {
  define('picker', {
    props: {
      mode: { type: String, value: 'selector' },
      range: { type: Array, value: [] },
      rangeKey: String,
      value: null,
      start: String,
      end: String,
      fields: { type: String, value: 'day' },
      disabled: Boolean,
      headerText: String,
      customItem: String,
    },
    isField: true,
    setUp(component) {
      onTap(component, () => component.data.disabled || open(component))
      return { value: () => component.data.value }
    },
  })
}

function open(component: Component): void {
  const ok = make('button', { textContent: '确定' })
  const no = make('button', { textContent: '取消' })
  const body = make('div', { className: 'body' })
  const redraw = () => body.replaceChildren(...choice.body)
  const choice = choiceFor(component, redraw)
  redraw()
  const title = make('span', { textContent: text(component.data.headerText) })
  const sheet = make('mp-sheet', {}, make('div', { className: 'bar' }, no, title, ok), body)
  const close = dialogOver(sheet)
  no.onclick = () => {
    close()
    fire(component, 'cancel')
  }
  ok.onclick = () => {
    const value = choice.read()
    close()
    component.setData({ value })
    fire(component, 'change', { value })
  }
}

function choiceFor(component: Component, redraw: () => void): Choice {
  const { mode, value } = component.data
  if (mode === 'selector') {
    const select = columnOf(component, list(component.data.range), number(value), '选项')
    return { body: [select], read: () => String(select.selectedIndex) }
  }
  if (mode === 'multiSelector') return columns(component, redraw)
  if (mode === 'region') {
    const input = make('input', { value: list(value).join(' ') })
    input.setAttribute('aria-label', '地区')
    return { body: [input], read: () => input.value.split(/\s+/) }
  }
  const { start, end, fields } = component.data
  const types: Record<string, string> = { year: 'number', month: 'month' }
  const type = mode === 'time' ? 'time' : (types[text(fields)] ?? 'date')
  const input = make('input', { type, value: text(value), min: text(start), max: text(end) })
  input.setAttribute('aria-label', mode === 'time' ? '时间' : '日期')
  return { body: [input], read: () => input.value }
}

/** A column may change the others: the page is told, and all are drawn anew. */
function columns(component: Component, redraw: () => void): Choice {
  const chosen = list(component.data.range).map((_, i) => number(list(component.data.value)[i]))
  const choice: Choice = { body: [], read: () => chosen }
  const draw = () => {
    choice.body = list(component.data.range).map((column, i) => {
      const select = columnOf(component, list(column), chosen[i] ?? 0, `选项 ${i + 1}`)
      select.addEventListener('change', (event) => {
        event.stopPropagation()
        chosen[i] = select.selectedIndex
        fire(component, 'columnchange', { column: i, value: chosen[i] })
        setTimeout(() => {
          draw()
          redraw()
        })
      })
      return select
    })
  }
  draw()
  return choice
}

function columnOf(component: Component, options: unknown[], index: number, name: string): HTMLSelectElement {
  const key = text(component.data.rangeKey)
  const words = (option: unknown) => text(key ? (option as Record<string, unknown>)[key] : option)
  const nodes = options.map((option, i) => make('option', { value: String(i), textContent: words(option) }))
  const select = make('select', { size: ROWS }, ...nodes)
  select.selectedIndex = index
  select.setAttribute('aria-label', name)
  return select
}
