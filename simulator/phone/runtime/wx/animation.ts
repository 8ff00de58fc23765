/** `wx.createAnimation`: steps that a component plays from its `animation` property. */
import { dashed } from '../dom.ts'
import type { Registrar } from './api.ts'

const MOVES = [
  'translate',
  'translateX',
  'translateY',
  'translateZ',
  'translate3d',
  'scale',
  'scaleX',
  'scaleY',
  'rotate',
  'rotateX',
  'rotateY',
  'rotateZ',
  'skew',
  'skewX',
  'skewY',
]
const STYLES = ['opacity', 'backgroundColor', 'width', 'height', 'top', 'left', 'right', 'bottom']
const DURATION_MS = 400

interface Timing {
  duration?: number
  timingFunction?: string
}
interface Step {
  animates: { type: string; args: unknown[] }[]
  option: { transition: Timing }
}

function createAnimation({ duration = DURATION_MS, timingFunction = 'linear' }: Timing = {}) {
  let animates: Step['animates'] = []
  let actions: Step[] = []
  const animation: Record<string, unknown> = {
    step(timing: Timing = {}) {
      actions.push({ animates, option: { transition: { duration, timingFunction, ...timing } } })
      animates = []
      return animation
    },
    export() {
      const exported = { actions }
      actions = []
      return exported
    },
  }
  for (const type of MOVES)
    animation[type] = (...args: unknown[]) => {
      animates.push({ type, args })
      return animation
    }
  for (const name of STYLES)
    animation[name] = (value: unknown) => {
      const hasUnit = typeof value === 'number' && name !== 'opacity'
      animates.push({ type: 'style', args: [dashed(name), hasUnit ? `${value}px` : value] })
      return animation
    }
  return animation
}

export const registerAnimation = ({ plain }: Registrar): void => plain({ createAnimation })
