/** Boxes to tick, switches, groups of them, and the slider. */
import { make } from '../dom.ts'
import { around, type Builder, fire, keepInside, type Part, partOf, text } from './define.ts'

const GROUPS = { checkbox: 'checkbox-group', radio: 'radio-group', switch: null } as const

export function registerChoices({ define }: Builder): void {
  for (const [tag, group] of Object.entries(GROUPS))
    define(tag, {
      props: { value: String, checked: Boolean, disabled: Boolean, color: String, type: String },
      isField: true,
      setUp(component, host) {
        const box = make('input', { type: tag === 'radio' ? 'radio' : 'checkbox' })
        if (tag === 'switch') box.setAttribute('role', 'switch')
        host.prepend(box)
        keepInside(box, 'click', 'change', 'input')
        const groupAround = () => (group ? around(host, `wx-${group}`) : undefined)
        function set(isChecked: boolean): void {
          box.checked = isChecked
          component.setData({ checked: isChecked })
          const part = partOf(host)
          if (part) groupAround()?.chosen?.(part)
          if (tag === 'switch') fire(component, 'change', { value: isChecked })
        }
        box.addEventListener('change', () => set(box.checked))
        return {
          isGrouped: () => groupAround() !== undefined,
          toggle: () => component.data.disabled || set(tag === 'radio' ? true : !box.checked),
          value: () => box.checked,
          reset: () => component.setData({ checked: false }),
          watch: {
            checked(value) {
              box.checked = value === true
              if (value && tag === 'radio') uncheckOthers(host)
            },
            disabled: (value) => {
              box.disabled = value === true
            },
            ariaLabel: (value) => box.setAttribute('aria-label', text(value)),
            color(value) {
              if (!value) return
              box.style.accentColor = text(value)
              // A switch is drawn by our own sheet.
              box.style.setProperty('--on', text(value))
            },
          },
        }
      },
    })

  define('radio-group', {
    isField: true,
    setUp(component, host) {
      host.setAttribute('role', 'radiogroup')
      return {
        chosen(member) {
          uncheckOthers(member.host)
          fire(component, 'change', { value: member.component.data.value })
        },
        value: () => members(host, 'radio').find(isChecked)?.component.data.value ?? '',
        reset: () => clear(host, 'radio'),
      }
    },
  })
  define('checkbox-group', {
    isField: true,
    setUp(component, host) {
      const values = () =>
        members(host, 'checkbox')
          .filter(isChecked)
          .map((member) => member.component.data.value)
      return {
        chosen: () => fire(component, 'change', { value: values() }),
        value: values,
        reset: () => clear(host, 'checkbox'),
      }
    },
  })

  define('slider', {
    props: {
      min: Number,
      max: { type: Number, value: 100 },
      step: { type: Number, value: 1 },
      value: Number,
      disabled: Boolean,
      showValue: Boolean,
      activeColor: String,
      backgroundColor: String,
      blockSize: Number,
      blockColor: String,
    },
    isField: true,
    setUp(component, host) {
      const range = make('input', { type: 'range' })
      host.append(range)
      for (const [name, told] of [
        ['input', 'changing'],
        ['change', 'change'],
      ] as const)
        range.addEventListener(name, (event) => {
          event.stopPropagation()
          component.setData({ value: Number(range.value) })
          fire(component, told, { value: Number(range.value) })
        })
      const mirror = (name: 'min' | 'max' | 'step' | 'value') => (value: unknown) => {
        range[name] = text(value)
      }
      return {
        value: () => Number(range.value),
        watch: {
          min: mirror('min'),
          max: mirror('max'),
          step: mirror('step'),
          value: mirror('value'),
          ariaLabel: (value) => range.setAttribute('aria-label', text(value)),
          disabled: (value) => {
            range.disabled = value === true
          },
        },
      }
    },
  })
}

const isChecked = ({ component }: Part) => component.data.checked === true
const members = (group: Element, tag: string): Part[] =>
  [...group.querySelectorAll(`wx-${tag}`)].flatMap((element) => partOf(element) ?? [])

function clear(group: Element, tag: string): void {
  for (const member of members(group, tag)) member.component.setData({ checked: false })
}

/** Of the radios of one group one is chosen. */
function uncheckOthers(host: Element): void {
  const group = host.closest('wx-radio-group')
  if (!group) return
  for (const member of members(group, 'radio'))
    if (member.host !== host && isChecked(member)) member.component.setData({ checked: false })
}
