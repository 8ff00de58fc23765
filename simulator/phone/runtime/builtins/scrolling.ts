/** `scroll-view` and `swiper`. */
import type { Component } from '../framework.ts'
import { type Builder, fire, number, text } from './define.ts'

const SETTLED_MS = 80

export function registerScrolling({ define }: Builder): void {
  define('scroll-view', {
    props: {
      scrollX: Boolean,
      scrollY: Boolean,
      scrollTop: null,
      scrollLeft: null,
      scrollIntoView: String,
      upperThreshold: { type: Number, value: 50 },
      lowerThreshold: { type: Number, value: 50 },
      scrollWithAnimation: Boolean,
      enableFlex: Boolean,
      enhanced: Boolean,
      showScrollbar: Boolean,
      refresherEnabled: Boolean,
      refresherTriggered: Boolean,
    },
    setUp(component, host) {
      watchEnds(component, host)
      return {
        node: host,
        watch: {
          scrollX: (value) => {
            host.style.overflowX = value ? 'auto' : ''
          },
          scrollY: (value) => {
            host.style.overflowY = value ? 'auto' : ''
          },
          scrollTop(value) {
            if (text(value) !== '') host.scrollTop = number(value)
          },
          scrollLeft(value) {
            if (text(value) !== '') host.scrollLeft = number(value)
          },
          scrollIntoView(value) {
            if (value) setTimeout(() => host.querySelector(`#${CSS.escape(text(value))}`)?.scrollIntoView())
          },
        },
      }
    },
  })

  define('swiper', {
    props: {
      indicatorDots: Boolean,
      indicatorColor: String,
      indicatorActiveColor: String,
      autoplay: Boolean,
      current: Number,
      interval: { type: Number, value: 5_000 },
      duration: Number,
      circular: Boolean,
      vertical: Boolean,
      previousMargin: String,
      nextMargin: String,
      displayMultipleItems: Number,
    },
    setUp(component, host) {
      const goTo = (current: number, source: string) => {
        component.setData({ current })
        fire(component, 'change', { current, source })
      }
      let settling = 0
      host.addEventListener('scroll', (event) => {
        event.stopPropagation()
        clearTimeout(settling)
        settling = window.setTimeout(() => {
          const isVertical = component.data.vertical === true
          const place = isVertical ? host.scrollTop / host.clientHeight : host.scrollLeft / host.clientWidth
          const current = Math.round(place)
          if (current !== component.data.current) goTo(current, 'touch')
          fire(component, 'animationfinish', { current })
        }, SETTLED_MS)
      })
      setInterval(
        () => {
          const count = host.querySelectorAll('wx-swiper-item').length
          if (component.data.autoplay && host.isConnected && count > 0)
            goTo((number(component.data.current) + 1) % count, 'autoplay')
        },
        number(component.data.interval, 5_000),
      )
      return {
        watch: {
          vertical: (value) => void host.toggleAttribute('vertical', value === true),
          current(value) {
            setTimeout(() => {
              const isVertical = component.data.vertical === true
              const place = number(value) * (isVertical ? host.clientHeight : host.clientWidth)
              host.scrollTo({ [isVertical ? 'top' : 'left']: place, behavior: 'smooth' })
            })
          },
        },
      }
    },
  })
}

/** Each end is told once until it has been left again. */
function watchEnds(component: Component, host: HTMLElement): void {
  let wasLower = false
  let wasUpper = true
  host.addEventListener('scroll', (event) => {
    event.stopPropagation()
    const { scrollTop, scrollLeft, scrollHeight, scrollWidth, clientHeight, clientWidth } = host
    fire(component, 'scroll', { scrollTop, scrollLeft, scrollHeight, scrollWidth, deltaX: 0, deltaY: 0 })
    const isX = component.data.scrollX === true
    const left = isX ? scrollWidth - scrollLeft - clientWidth : scrollHeight - scrollTop - clientHeight
    const isLower = left < number(component.data.lowerThreshold)
    const isUpper = (isX ? scrollLeft : scrollTop) < number(component.data.upperThreshold)
    if (isLower && !wasLower) fire(component, 'scrolltolower')
    if (isUpper && !wasUpper) fire(component, 'scrolltoupper')
    wasLower = isLower
    wasUpper = isUpper
  })
}
