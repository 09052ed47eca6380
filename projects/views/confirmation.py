"""The page behind the link „Ist das noch aktuell?“: reading changes nothing, a button answers, nobody signs in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from projects import confirmation

from .open_forms import opened_by_link

ANSWERS = {"yes": True, "ended": False}


@opened_by_link
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    question = confirmation.read(token)
    if question is None:
        return render(request, "projects/confirmation_gone.html", {}, status=410)
    if request.method == "POST":
        if (answer := request.POST.get("answer")) not in ANSWERS:
            return redirect(request.path)
        is_new = confirmation.answer(question, still_true=ANSWERS[answer])
        context = {"project": question.project, "answer": answer, "is_new": is_new}
        return render(request, "projects/confirmation_done.html", context)
    return render(
        request, "projects/confirmation.html", {"project": question.project, "is_answered": question.is_answered}
    )
