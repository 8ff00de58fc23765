/** 750 rpx are the width of the screen. */
export const withViewport = (style: string): string =>
  style.includes('rpx') ? style.replace(/(-?(?:\d+\.)?\d+)rpx\b/g, 'calc($1 * 100vw / 750)') : style
