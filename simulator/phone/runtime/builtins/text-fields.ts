/** `input` and `textarea`. */
import { make } from '../dom.ts'
import type { Component } from '../framework.ts'
import { type Builder, fire, keepInside, number, text } from './define.ts'

const INPUT_MODES: Record<string, string> = { number: 'numeric', digit: 'decimal' }

const PROPS = {
  value: null,
  type: { type: String, value: 'text' },
  password: Boolean,
  placeholder: String,
  placeholderStyle: String,
  placeholderClass: String,
  disabled: Boolean,
  maxlength: { type: Number, value: 140 },
  focus: Boolean,
  autoFocus: Boolean,
  confirmType: String,
  confirmHold: Boolean,
  cursor: Number,
  selectionStart: Number,
  selectionEnd: Number,
  adjustPosition: Boolean,
  autoHeight: Boolean,
  fixed: Boolean,
  cursorSpacing: Number,
  showConfirmBar: Boolean,
  holdKeyboard: Boolean,
  alwaysEmbed: Boolean,
  disableDefaultPadding: Boolean,
  cursorColor: String,
  safePasswordCertPath: String,
  safePasswordLength: Number,
  safePasswordTimeStamp: Number,
  safePasswordNonce: String,
  safePasswordSalt: String,
  safePasswordCustomHash: String,
}

type Field = HTMLInputElement | HTMLTextAreaElement

export function registerTextFields({ define }: Builder): void {
  for (const tag of ['input', 'textarea'] as const)
    define(tag, {
      props: PROPS,
      isField: true,
      setUp(component, host) {
        const field: Field = make(tag)
        host.append(field)
        listen(component, field)
        const focus = () => field.focus()
        const focusIf = (value: unknown) => void (value && setTimeout(focus))
        return {
          focus,
          value: () => field.value,
          reset() {
            field.value = ''
            component.setData({ value: '' })
          },
          watch: {
            value(value) {
              if (field.value !== text(value)) field.value = text(value)
              grow(component, field)
            },
            placeholder: (value) => {
              field.placeholder = text(value)
            },
            placeholderStyle(value) {
              const color = /(?:^|;)\s*color:\s*([^;]+)/.exec(text(value))?.[1]
              if (color) field.style.setProperty('--placeholder', color)
            },
            disabled: (value) => {
              field.disabled = value === true
            },
            maxlength(value) {
              if (number(value, -1) >= 0) field.maxLength = number(value)
              else field.removeAttribute('maxlength')
            },
            ariaLabel: (value) => field.setAttribute('aria-label', text(value)),
            type: (value) => {
              field.inputMode = INPUT_MODES[text(value)] ?? 'text'
            },
            password(value) {
              if (field instanceof HTMLInputElement) field.type = value ? 'password' : 'text'
            },
            focus: focusIf,
            autoFocus: focusIf,
          },
        }
      },
    })
}

function listen(component: Component, field: Field): void {
  keepInside(field, 'input', 'change', 'focus', 'blur', 'focusin', 'focusout', 'submit')
  const isLong = field instanceof HTMLTextAreaElement
  field.addEventListener('input', () => {
    const { value } = field
    component.setData({ value })
    fire(component, 'input', { value, cursor: field.selectionEnd ?? value.length, keyCode: 0 })
    if (isLong) fire(component, 'linechange', { lineCount: value.split('\n').length })
    grow(component, field)
  })
  field.addEventListener('focus', () => fire(component, 'focus', { value: field.value, height: 0 }))
  field.addEventListener('blur', () => fire(component, 'blur', { value: field.value, cursor: field.selectionEnd ?? 0 }))
  field.addEventListener('keydown', (event) => {
    if ((event as KeyboardEvent).key !== 'Enter' || (isLong && !component.data.confirmType)) return
    event.preventDefault()
    fire(component, 'confirm', { value: field.value })
    if (!component.data.confirmHold) field.blur()
  })
}

function grow({ data }: Component, field: Field): void {
  if (!data.autoHeight) return
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
