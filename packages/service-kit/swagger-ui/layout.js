// The frame of the page: a header with links, and the dialog that signs in. reference-theme.ts makes `HEADER`.
SwaggerUIStandalonePreset.push(({ React }) => {
  const h = React.createElement;
  const INSTRUCTION =
    'Press the first Authorize button. A window opens: sign in there with your username and password. This page then sends your token with each request.';
  const SIGNED_IN =
    'You are signed in: this page sends your token with each request. Logout ends your session.';

  function ReferenceLayout({ getComponent }) {
    const [BaseLayout, SkipToOperations, DarkModeToggle] = [
      getComponent('BaseLayout', true),
      getComponent('SkipToOperations', true),
      getComponent('DarkModeToggle'),
    ];
    return h(
      'div',
      { className: 'swagger-ui' },
      h(SkipToOperations),
      h('header', { className: 'topbar' }, h(Links), h(DarkModeToggle)),
      h(BaseLayout),
    );
  }

  function Links() {
    const { home, mark, references } = HEADER;
    const links = references.map(({ title, url }) => {
      const current = location.pathname.startsWith(url) ? 'page' : undefined;
      return h('a', { key: url, href: url, 'aria-current': current }, title);
    });
    return h(
      React.Fragment,
      null,
      h('a', { className: 'home', href: '/' }, h('img', { src: mark, alt: '', width: 32, height: 32 }), home),
      h('nav', { 'aria-label': 'API references' }, ...links),
    );
  }

  /** The browser keeps the focus in a modal <dialog>, and begins at its first button, so the dialog opens at its top. */
  function AuthorizationDialog(props) {
    const { authSelectors, authActions, getComponent } = props;
    const Auths = getComponent('auths');
    const dialog = React.useRef(null);
    React.useEffect(() => dialog.current.showModal(), []);
    const close = () => authActions.showDefinitions(false);
    const isSignedIn = authSelectors.authorized().has('oauth2');
    const definitions = authSelectors.shownDefinitions().valueSeq();
    return h(
      'dialog',
      { className: 'dialog-ux', 'aria-labelledby': 'authorize-title', ref: dialog, onClose: close },
      h(
        'div',
        { className: 'modal-ux' },
        h(
          'div',
          { className: 'modal-ux-header' },
          h('h2', { id: 'authorize-title' }, 'Sign in'),
          h(
            'button',
            { type: 'button', className: 'close-modal', 'aria-label': 'Close', onClick: close },
            '×',
          ),
        ),
        h(
          'div',
          { className: 'modal-ux-content' },
          h('p', { className: 'instruction' }, isSignedIn ? SIGNED_IN : INSTRUCTION),
          h('h3', null, 'Ways to authorize'),
          definitions.map((shown, key) => h(Auths, { ...props, key, definitions: shown })).toArray(),
        ),
      ),
    );
  }

  return {
    components: {
      ReferenceLayout,
      authorizationPopup: AuthorizationDialog,
      ServersContainer: () => null, // there is one server, the origin of the page
    },
  };
});
