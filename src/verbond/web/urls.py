"""Every route, by noun. A new page of a room needs no line here: see `pages/`."""

from django.urls import include, path

from verbond.web.views import (
    assets,
    backups,
    health,
    home,
    imports,
    jobs,
    language,
    rooms,
    runs,
    session,
    welcome,
)

organisation = [
    path("", rooms.today, name="today"),
    path("data/", imports.collection, name="imports"),
    path("runs/", runs.collection, name="runs"),
    path("jobs/<uuid:id>/", jobs.one, name="job"),
    path("jobs/<uuid:id>/stop/", jobs.stop, name="job_stop"),
    path("<slug:page>/", rooms.room, name="room"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("health/", health.health, name="health"),
    path("assets/<str:digest>/<str:name>", assets.one, name="asset"),
    path("favicon.ico", assets.favicon, name="favicon"),
    path("language/", language.choose, name="language"),
    path("backups/", backups.collection, name="backups"),
    path("backups/<str:name>/", backups.one, name="backup"),
    path("restoring/", backups.restoring, name="restoring"),
    path("welcome/", welcome.owner, name="welcome"),
    path("welcome/backup/", backups.first, name="welcome_backup"),
    path("welcome/start/", welcome.start, name="start"),
    path("session/", session.one, name="session"),
    path("session/end/", session.end, name="session_end"),
    path("session/link/<str:token>/", session.by_link, name="session_link"),
    path("o/<slug:organisation>/", include(organisation)),
]

handler404 = "verbond.web.views.refusals.missing"
handler400 = "verbond.web.views.refusals.wrong"
handler500 = "verbond.web.views.refusals.broken"
