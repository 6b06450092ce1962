"""Backups: make one, take it along, put one in place; also on the first page of a fresh installation.

A backup holds everything of everybody, so who asks shows her password again first.
"""

from __future__ import annotations

import re
from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_POST

from verbond.errors import VerbondError
from verbond.web.access import admin, confirmed, public
from verbond.web.forms import worded
from verbond.web.keeping.backups import make_backup, restore
from verbond.web.people.addresses import back_of
from verbond.web.store import reads
from verbond.web.store.acts import note
from verbond.web.views.welcome import FIRST, KEY

__all__ = ["collection", "first", "one", "removal", "restoring"]

RESTORED = "/session/?restored=1"
_NAME = re.compile(r"[a-z-]+-\d{8}-\d{6}-\d{6}\.verbond")


class BackupForm(forms.Form):
    """A backup from somewhere else."""

    file = forms.FileField()


@admin
@confirmed
def collection(request: HttpRequest) -> HttpResponse:
    """The backups that there are; a POST makes one."""
    installation = settings.INSTALLATION
    if request.method == "POST":
        made = make_backup(installation)
        note(request, "backup", made.path.name)
        return redirect("backups")
    found = sorted(installation.backups.glob("*.verbond"), key=lambda p: p.stat().st_mtime, reverse=True)
    rows = [
        {
            "name": file.name,
            "megabytes": file.stat().st_size / 1e6,
            "at": timezone.datetime.fromtimestamp(file.stat().st_mtime, timezone.get_current_timezone()),
        }
        for file in found
        if _NAME.fullmatch(file.name)
    ]
    return render(
        request, "backups/collection.html", {"backups": rows, "form": worded(BackupForm(), "backup")}
    )


@admin
@confirmed
def one(request: HttpRequest, name: str) -> HttpResponse:
    """Take a backup along."""
    file = settings.INSTALLATION.backups / name
    if not _NAME.fullmatch(name) or not file.is_file():
        raise Http404
    note(request, "backup_taken", name)
    return FileResponse(file.open("rb"), as_attachment=True, filename=name)


@admin
@require_POST
@confirmed
def removal(request: HttpRequest, name: str) -> HttpResponse:
    """Throw a backup away; who was erased since stands in it."""
    file = settings.INSTALLATION.backups / name
    if not _NAME.fullmatch(name) or not file.is_file():
        raise Http404
    file.unlink()
    note(request, "backup_removed", name)
    return redirect(back_of(request, "/backups/"))


@admin
@require_POST
@confirmed
def restoring(request: HttpRequest) -> HttpResponse:
    """Put a backup in the place of everything; everybody is signed out."""
    form = worded(BackupForm(request.POST, request.FILES), "backup")
    if form.is_valid() and (why := _put_back(form.cleaned_data["file"])):
        form.add_error("file", why)
    if not form.is_valid():
        return render(request, "backups/collection.html", {"backups": [], "form": form}, status=422)
    logout(request)
    return redirect(RESTORED)


@public
def first(request: HttpRequest) -> HttpResponse:
    """Begin with a backup: for who has the key of a fresh installation."""
    if not reads.is_fresh():
        return redirect("home")
    key = request.POST.get("key") or request.GET.get("key", "")
    if not constant_time_compare(key, KEY):
        return render(request, "welcome/key.html", {}, status=403)
    form = worded(BackupForm(request.POST or None, request.FILES or None), "backup")
    if request.method == "POST" and form.is_valid():
        with FIRST:
            why = _put_back(form.cleaned_data["file"]) if reads.is_fresh() else ""
        if not why:
            return redirect(RESTORED)
        form.add_error("file", why)
    status = 422 if form.is_bound else 200
    return render(request, "welcome/backup.html", {"form": form, "key": key}, status=status)


def _put_back(upload: UploadedFile) -> str:
    """Restore an uploaded file; what is wrong with it, or nothing."""
    installation = settings.INSTALLATION
    if not hasattr(upload, "temporary_file_path"):
        raise TypeError("uploads are kept in files")
    try:
        restore(installation, Path(upload.temporary_file_path()), served=True)
    except VerbondError as error:
        return str(error).replace(Path(upload.temporary_file_path()).name, str(upload.name))
    return ""
