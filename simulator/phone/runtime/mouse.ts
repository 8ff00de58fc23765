/** A mouse is a finger here: components that listen to touches work in the phone on a desk. */
export function installMouse(): void {
  let target: EventTarget | null = null

  function send(type: string, { clientX, clientY, pageX, pageY }: PointerEvent): void {
    if (!target) return
    const finger = new Touch({ identifier: 1, target, clientX, clientY, pageX, pageY })
    const touching = type === 'touchend' ? [] : [finger]
    const common = { bubbles: true, cancelable: true, composed: true }
    target.dispatchEvent(
      new TouchEvent(type, { ...common, touches: touching, targetTouches: touching, changedTouches: [finger] }),
    )
  }
  function onMouse(type: 'pointerdown' | 'pointermove' | 'pointerup', run: (event: PointerEvent) => void): void {
    addEventListener(type, (event) => event.pointerType === 'mouse' && run(event), true)
  }

  onMouse('pointerdown', (event) => {
    if (event.button !== 0) return
    target = event.target
    send('touchstart', event)
  })
  onMouse('pointermove', (event) => send('touchmove', event))
  onMouse('pointerup', (event) => {
    send('touchend', event)
    target = null
  })
}
