"""Nouns of the mosaic, by aggregate: vocabularies, funding, contacts, projects and the rows of a project."""

from .contacts import Contact, ContactLevel
from .facet_index import Adopted, Cost, FacetValue, IndexVersion, Recency, Size
from .feedback import BarrierReport
from .funding import FundedBy, FundingLevel, FundingProgramme, FundingSource, Permanence, ProgrammeReference
from .letters import Letter
from .parts import (
    Adoption,
    Financing,
    FinancingKind,
    KeyFigure,
    Obstacle,
    ObstacleLevel,
    ObstacleState,
    Picture,
    Reference,
)
from .project import (
    EvidenceLevel,
    OperatorKind,
    PeoplePeriod,
    Precision,
    Project,
    Provenance,
    Reach,
    Staffing,
    Stage,
    Status,
    StatusChange,
    TextLicence,
    TransferEffort,
)
from .search_index import SearchEntry, SearchWord
from .submission import Approval, Attachment, Consent, ProjectVersion, TypedText
from .vocabulary import ObstacleCategory, TargetGroup, Topic

__all__ = [
    "Adopted",
    "Adoption",
    "Approval",
    "Attachment",
    "BarrierReport",
    "Consent",
    "Contact",
    "ContactLevel",
    "Cost",
    "EvidenceLevel",
    "FacetValue",
    "Financing",
    "FinancingKind",
    "FundedBy",
    "FundingLevel",
    "FundingProgramme",
    "FundingSource",
    "IndexVersion",
    "KeyFigure",
    "Letter",
    "Obstacle",
    "ObstacleCategory",
    "ObstacleLevel",
    "ObstacleState",
    "OperatorKind",
    "PeoplePeriod",
    "Permanence",
    "Picture",
    "Precision",
    "ProgrammeReference",
    "Project",
    "ProjectVersion",
    "Provenance",
    "Reach",
    "Recency",
    "Reference",
    "SearchEntry",
    "SearchWord",
    "Size",
    "Staffing",
    "Stage",
    "Status",
    "StatusChange",
    "TargetGroup",
    "TextLicence",
    "Topic",
    "TransferEffort",
    "TypedText",
]
