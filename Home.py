"""The dashboard: `orchestrator web` imports `app` from here, and so does `streamlit run Home.py`.

Streamlit executes this same file anew for every script run of every browser session; by then it is `__main__`.
"""

import streamlit as st

if __name__ == "__main__":
    from lib.ui.application import main

    main()
else:
    import logging

    # What follows is made outside of a session on purpose; Streamlit would warn of it at every start. It sets its
    # loggers' levels anew when it reads its settings, so a filter it is.
    for name in ("scriptrunner_utils.script_run_context", "caching.cache_data_api"):
        logging.getLogger(f"streamlit.runtime.{name}").addFilter(lambda record: record.levelno > logging.WARNING)

    # Two first sessions that import these at once get half-made modules, so the server imports them when it starts.
    import pandas  # noqa: F401 see above
    from plotly.graph_objects import Figure  # noqa: F401 see above

    from lib.db.session import identity_session
    from lib.ui import ahead, feedback, kept_theme, navigation
    from lib.ui.components import answer
    from lib.web import (
        archive_routes,
        artifact_routes,
        audit_routes,
        export_routes,
        health,
        metrics_routes,
        run_routes,
        session_routes,
        usage_routes,
    )
    from lib.web.middleware import middleware

    # One call of st.navigation turns the discovery of pages/ off, with which a page could be run without its frame.
    st.navigation([navigation.OVERVIEW.file])

    kept_theme.keep_theme()
    ahead.import_components()

    app = st.App(
        __file__,
        routes=[
            *health.routes(identity_session),
            *session_routes.routes,
            *artifact_routes.routes(),
            *archive_routes.routes(),
            *export_routes.routes(),
            *usage_routes.routes(),
            *audit_routes.routes(),
            *metrics_routes.routes(),
            *run_routes.routes(answer.draw_on, is_fence=answer.is_fence),
        ],
        middleware=middleware(),
        on_script_error=feedback.on_script_error,
    )
