import { byId, make, why } from './elements.ts';
import { otherSignIn, type Scene, STORIES, type Story } from './stories.ts';

/** The suggested steps of the chosen story. */
export interface Guide {
  /** Shows which steps are done, after each change. */
  update(scene: Omit<Scene, 'heard'>, heard?: Scene['heard'][number]): void;
}

/** @param onChoice is called with the story that the reader has chosen */
export function createGuide(onChoice: (story: Story) => void): Guide {
  const [first] = STORIES;
  if (first === undefined) throw new Error('no story');
  let story = first;
  let done = 0;
  let heard: Scene['heard'] = [];
  let shown = '';

  byId('stories').append(
    ...STORIES.map((each, index) => {
      const radio = document.createElement('input');
      radio.type = 'radio';
      radio.name = 'story';
      radio.checked = index === 0;
      radio.addEventListener('change', () => {
        story = each;
        done = 0;
        heard = [];
        onChoice(each);
      });
      return make('label', '', radio, each.title);
    }),
  );

  const show = ({ isSignedIn, isBound }: Omit<Scene, 'heard'>) => {
    const isOther = done === 0 && isSignedIn && isBound !== story.needsKey;
    const steps = isOther ? [otherSignIn(story), ...story.steps] : story.steps;
    const state = `${story.title} ${done} ${isOther}`;
    if (state === shown) return; // a new list would lose the focus on its links
    shown = state;
    const items = steps.map(({ text, section }, index) => {
      const item = make('li', index < done ? 'done' : index === done ? 'now' : '');
      if (index === done) item.setAttribute('aria-current', 'step');
      if (index < done) item.append(make('span', 'visually-hidden', 'Done: '));
      item.append(text, ' ');
      if (section !== undefined) item.append(why(section, text));
      return item;
    });
    byId('steps').replaceChildren(...items);
    const isOver = done === steps.length;
    byId('moral').replaceChildren(...(isOver ? [`${story.end} `, why(story.section, story.title)] : []));
    for (const marked of document.querySelectorAll('.next')) marked.classList.remove('next');
    const next = steps[done]?.next;
    if (next !== undefined) byId(next).classList.add('next');
  };

  return {
    update(scene, news) {
      if (news !== undefined) heard.push(news);
      const step = story.steps[done];
      const isLost = !scene.isSignedIn && step !== undefined && step.isAfterEnd !== true;
      if (isLost || news === 'owner signed-in') done = 0;
      while (story.steps[done]?.isDone({ ...scene, heard })) {
        done += 1;
        heard = [];
      }
      show(scene);
    },
  };
}
