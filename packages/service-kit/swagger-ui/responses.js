// Folds the documented errors of an operation: most have ten of them, which bury the answer that a reader looks for.
SwaggerUIStandalonePreset.push(({ React }) => {
  const h = React.createElement;

  function FoldedResponse({ Original, ...props }) {
    const [isOpen, setOpen] = React.useState(false);
    return h(
      'tr',
      { className: 'response folded' },
      h('td', { className: 'response-col_status' }, props.code),
      h(
        'td',
        { className: 'response-col_description', colSpan: 2 },
        h(
          'details',
          { onToggle: ({ currentTarget }) => setOpen(currentTarget.open) },
          h('summary', null, props.response.get('description')),
          isOpen && h('table', null, h('tbody', null, h(Original, props))),
        ),
      ),
    );
  }

  return {
    wrapComponents: {
      response: (Original) => (props) =>
        /^[45]/.test(props.code) ? h(FoldedResponse, { ...props, Original }) : h(Original, props),
    },
  };
});
