import { describe, expect, it } from 'vitest';
import { type Progress, renderBar, renderLine } from './progress-bar.js';
import { Terminal } from './terminal.js';

const half: Progress = { label: 'trainees', state: 'running', done: 1_000, expected: 2_000, rate: 512.3, left: 2 };

describe('a progress bar', () => {
  it('tells share, count, rate and time left, within the width of the terminal', () => {
    expect(renderBar(half, 120)).toBe(
      `  trainees            ${'█'.repeat(15)}${'░'.repeat(15)}  50 %  1,000 of 2,000, 512/s, 2 s left`,
    );
    for (const columns of [30, 60, 80]) expect(renderBar(half, columns).length).toBeLessThan(columns);
  });

  it('is full when the work is done, and empty while nobody knows how much it is', () => {
    expect(renderBar({ ...half, state: 'done', done: 0, expected: 0, rate: 0 }, 120)).toMatch(/█{30} 100 % {2}done$/);
    expect(renderBar({ ...half, expected: undefined }, 120)).toMatch(/░{30} {3}0 % {2}1,000, 512\/s, 2 s left$/);
    expect(renderLine({ ...half, state: 'failed' })).toBe('trainees: failed');
  });
});

function terminalWith(output: { isTTY?: boolean; columns?: number }) {
  let text = '';
  const terminal = new Terminal({ ...output, write: (written) => (text += written) });
  return {
    terminal,
    take: () => {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

describe('the terminal', () => {
  it('draws bars over those before, and says lines above them', () => {
    const { terminal, take } = terminalWith({ isTTY: true, columns: 100 });
    terminal.show([half, half]);
    expect(take()).not.toContain('\u001b');
    terminal.show([half]);
    expect(take()).toContain('\u001b[2A\u001b[J  trainees');
    terminal.say('news');
    expect(take()).toBe('\u001b[1A\u001b[Jnews\n');
    terminal.show([half]);
    terminal.settle();
    take();
    terminal.say('more');
    expect(take()).toBe('more\n');
  });

  it('writes plain lines without a terminal: what is done, once, and not every step on the way', () => {
    const { terminal, take } = terminalWith({});
    for (let step = 0; step < 50; step++) terminal.show([half, { ...half, label: 'gmc', state: 'waiting' }]);
    expect(take()).toBe('');
    for (let step = 0; step < 3; step++) terminal.show([{ ...half, state: 'done', done: 2_000, rate: 0 }]);
    expect(take()).toBe('  trainees: 2,000 of 2,000\n');
  });

  it('shows no bar once they were ended, but still says lines', () => {
    const { terminal, take } = terminalWith({ isTTY: true, columns: 100 });
    terminal.show([half]);
    take();
    terminal.endBars();
    terminal.show([half]);
    terminal.say('Stopped.');
    expect(take()).toBe('Stopped.\n');
  });
});
