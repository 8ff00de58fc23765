/** Buttons, forms and labels. */
import type { Component, HostElement } from '../framework.ts'
import { tell } from '../shell.ts'
import { openTypes } from '../wx/open-types.ts'
import { around, type Builder, fire, HOVER, hoverable, onTap, partOf, text } from './define.ts'

const LABELLED = 'wx-checkbox,wx-radio,wx-switch,wx-input,wx-textarea'

export function registerForms({ define, shell }: Builder): void {
  function opened(component: Component): void {
    const openType = text(component.data.openType)
    if (openType === 'share') {
      const page = shell.top()
      if (page)
        shell.calls.push({ api: 'share', args: tell(page, 'onShareAppMessage', { from: 'button', target: component }) })
      return
    }
    const open = openTypes[openType]
    if (!open) return
    // A phone takes its time, and what it answers depends on whose it is.
    void open(shell).then((detail) => fire(component, openType.toLowerCase(), detail))
  }

  define('button', {
    props: {
      ...HOVER,
      size: String,
      type: String,
      plain: Boolean,
      disabled: Boolean,
      loading: Boolean,
      formType: String,
      openType: String,
    },
    setUp(component, host) {
      host.setAttribute('role', 'button')
      host.tabIndex = 0
      hoverable(component, host, 'button-hover')
      onTap(component, () => {
        if (component.data.disabled) return
        const form = around(host, 'wx-form')
        if (component.data.formType === 'submit') form?.submit?.()
        if (component.data.formType === 'reset') form?.clear?.()
        opened(component)
      })
      const mirror = (name: string) => (value: unknown) => void host.toggleAttribute(name, value === true)
      return {
        watch: {
          disabled(value) {
            host.setAttribute('aria-disabled', String(value === true))
            host.toggleAttribute('disabled', value === true)
          },
          type: (value) => host.setAttribute('type', text(value) || 'default'),
          size: (value) => host.setAttribute('size', text(value) || 'default'),
          plain: mirror('plain'),
          loading: mirror('loading'),
        },
      }
    },
  })

  define('form', {
    props: { reportSubmit: Boolean },
    setUp: (component, host) => ({
      submit: () => fire(component, 'submit', { value: valuesOf(host), target: {} }),
      clear() {
        for (const element of fieldsOf(host)) partOf(element)?.reset?.()
        fire(component, 'reset')
      },
    }),
  })

  define('label', {
    props: { for: String },
    setUp(component, host) {
      host.addEventListener('click', ({ target }) => {
        if ((target as Element).closest('input,textarea,button,wx-button')) return
        const id = text(component.data.for)
        const part = partOf(id ? document.getElementById(id) : host.querySelector(LABELLED))
        if (part?.toggle) part.toggle()
        else part?.focus?.()
      })
      return {}
    },
  })
}

/** Elements of this form, not of a form inside it. */
const fieldsOf = (form: HostElement): HostElement[] =>
  [...form.querySelectorAll<HostElement>('*')].filter((element) => element.closest('wx-form') === form)

/** Built-in fields by name, and components of the program that behave as fields. */
function valuesOf(form: HostElement): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const element of fieldsOf(form)) {
    const component = element.__wxElement
    const name = text(component?.data?.name)
    if (!component || !name) continue
    const part = partOf(element)
    if (part?.value) {
      if (!part.isGrouped?.()) values[name] = part.value()
    } else if (!part && 'value' in component.data) values[name] = component.data.value
  }
  return values
}
