/** `picker-view`: columns that snap. */
import { type Builder, fire, list, number } from './define.ts'

const ROW_PX = 34
const SETTLED_MS = 100

export function registerPickerView({ define }: Builder): void {
  define('picker-view', {
    props: {
      value: { type: Array, value: [] },
      indicatorStyle: String,
      indicatorClass: String,
      maskStyle: String,
      maskClass: String,
      immediateChange: Boolean,
    },
    setUp(component, host) {
      const columns = () => [...host.querySelectorAll<HTMLElement>('wx-picker-view-column')]
      let settling = 0
      host.addEventListener(
        'scroll',
        (event) => {
          event.stopPropagation()
          clearTimeout(settling)
          settling = window.setTimeout(() => {
            const value = columns().map(({ scrollTop }) => Math.round(scrollTop / ROW_PX))
            if (value.join() === list(component.data.value).join()) return
            component.setData({ value })
            fire(component, 'change', { value })
          }, SETTLED_MS)
        },
        true,
      )
      return {
        watch: {
          value(value) {
            setTimeout(() => {
              for (const [i, column] of columns().entries()) column.scrollTop = number(list(value)[i]) * ROW_PX
            })
          },
        },
      }
    },
  })
}
