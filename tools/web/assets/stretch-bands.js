// Draws stretches behind the bars of one pane: a tint over its whole height with a strip on top, and hatching
// where nothing was observed, the other way and wider where trades are missing, so that the kinds can be told apart
// without their colours.

/** @typedef {import('./stretches.js').Stretch} Stretch */
/** @typedef {Record<Stretch['kind'], string>} BandColors */
/** @typedef {import('/assets/lightweight-charts.js').ISeriesPrimitive<import('/assets/lightweight-charts.js').Time>} Primitive */

const stripHeight = 4;
/** How strong a stretch is tinted: what is missing is seen first. */
const tints = { gap: 0.1, trades: 0.08, incomplete: 0.07, filled: 0.05 };
/** Between the lines, and which way they lean. */
const hatches = { gap: { step: 7, lean: 1 }, trades: { step: 14, lean: -1 } };

/** @implements {Primitive} */
export class StretchBands {
  /** @type {readonly Stretch[]} */
  #stretches = [];
  /** @type {BandColors} */
  #colors = { gap: '', trades: '', incomplete: '', filled: '' };
  /** @type {import('/assets/lightweight-charts.js').SeriesAttachedParameter | undefined} */
  #attached;
  #views = [
    {
      zOrder: () => /** @type {const} */ ('bottom'),
      renderer: () => ({
        draw: () => {},
        drawBackground: (/** @type {any} */ target) =>
          target.useMediaCoordinateSpace((/** @type {any} */ scope) =>
            this.#draw(scope.context, scope.mediaSize.height),
          ),
      }),
    },
  ];

  /** @param {import('/assets/lightweight-charts.js').SeriesAttachedParameter} parameter */
  attached(parameter) {
    this.#attached = parameter;
  }

  paneViews() {
    return this.#views;
  }

  /** @param {readonly Stretch[]} stretches @param {BandColors} colors */
  show(stretches, colors) {
    this.#stretches = stretches;
    this.#colors = colors;
    this.#attached?.requestUpdate();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} height */
  #draw(context, height) {
    const scale = this.#attached?.chart.timeScale();
    const range = scale?.getVisibleLogicalRange();
    if (scale === undefined || range === null || range === undefined) return;
    const half = scale.options().barSpacing / 2;
    const at = (/** @type {number} */ slot) =>
      scale.logicalToCoordinate(
        /** @type {import('/assets/lightweight-charts.js').Logical} */ (slot),
      ) ?? 0;
    for (const { kind, fromSlot, toSlot } of this.#stretches) {
      if (toSlot < range.from - 1 || fromSlot > range.to + 1) continue;
      const left = Math.max(at(fromSlot) - half, -50);
      const width = Math.max(Math.min(at(toSlot) + half, scale.width() + 50) - left, 2);
      context.save();
      context.fillStyle = this.#colors[kind];
      context.globalAlpha = tints[kind];
      context.fillRect(left, 0, width, height);
      context.globalAlpha = 0.95;
      const top = kind === 'filled' ? stripHeight + 1 : 0;
      context.fillRect(left, top, width, stripHeight);
      if (kind === 'gap' || kind === 'trades')
        hatch(context, { left, width, height, color: this.#colors[kind], ...hatches[kind] });
      context.restore();
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{ left: number, width: number, height: number, color: string, step: number, lean: number }} area
 */
function hatch(context, { left, width, height, color, step, lean }) {
  context.beginPath();
  context.rect(left, 0, width, height);
  context.clip();
  context.beginPath();
  for (let x = left - height; x < left + width + height; x += step) {
    context.moveTo(x, height);
    context.lineTo(x + lean * height, 0);
  }
  context.globalAlpha = 0.28;
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.stroke();
}
