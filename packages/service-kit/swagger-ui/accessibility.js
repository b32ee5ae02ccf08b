// Repairs faults of Swagger UI for people who use a screen reader.

/** Selectors of elements that have no name or a wrong level, and their repair. */
const REPAIRS = {
  'select.examples-select-element:not([aria-label])': (select) => {
    select.setAttribute('aria-label', 'Example');
  },
  '.parameters-col_description select:not([aria-label])': (select) => {
    select.setAttribute('aria-label', select.closest('tr').dataset.paramName);
  },
  'textarea.body-param__text:not([aria-label])': (area) => area.setAttribute('aria-label', 'Request body'),
  '.dialog-ux :is(.scopes h2, h6):not([aria-level])': (heading) => heading.setAttribute('aria-level', '5'),
};
new MutationObserver(() => {
  for (const [selector, repair] of Object.entries(REPAIRS)) {
    for (const element of document.querySelectorAll(selector)) repair(element);
  }
}).observe(document.body, { childList: true, subtree: true });

SwaggerUIStandalonePreset.push(({ React }) => {
  const h = React.createElement;

  /** A landmark, for parts of the page that are outside its other landmarks. */
  const inRegion = (name) => (Original) => (props) =>
    h('section', { 'aria-label': name }, h(Original, props));

  return {
    components: {
      // a link in the button of an operation would be a control in a control; the button changes the address too
      DeepLink: ({ text }) => h('span', null, text),
    },
    wrapComponents: {
      InfoContainer: inRegion('Description'),
      AuthorizeBtnContainer: inRegion('Authorization'),
      // the text of a button is its name
      Button:
        (Original) =>
        ({ 'aria-label': _, ...props }) =>
          h(Original, props),
      // the tags have headings of the third level
      operations: (Original) => (props) =>
        h(React.Fragment, null, h('h2', { className: 'unseen' }, 'Operations'), h(Original, props)),
    },
  };
});
