"""Nouns of the mosaic, by aggregate: vocabularies, funding, contacts, projects, and what is learnt from them."""

from .adoptions import Adoption, AdoptionState, Interest
from .closed_lists import (
    ENDED_STAGES,
    EndCause,
    EvidenceLevel,
    OperatorKind,
    PeoplePeriod,
    Precision,
    Provenance,
    Reach,
    Staffing,
    Stage,
    TextLicence,
    TransferEffort,
)
from .contacts import Contact, ContactLevel
from .enquiries import Enquiry, EnquiryState
from .facet_index import Adopted, Cost, FacetValue, IndexVersion, Recency, Size
from .feedback import BarrierReport
from .funding import FundedBy, FundingLevel, FundingProgramme, FundingSource, Permanence, ProgrammeReference
from .letters import Letter
from .links import LinkCheck, Outcome
from .parts import (
    Financing,
    FinancingKind,
    KeyFigure,
    Obstacle,
    Picture,
    Reference,
)
from .project import Project, among, as_array, slug_of
from .readers import Frequency, FruitlessSearch, Subscription
from .search_index import SearchEntry, SearchWord
from .shared_obstacles import ObstacleLevel, ObstacleState, SharedObstacle
from .sheet_imports import ImportedRow, SheetImport
from .status import Status, StatusChange
from .submission import Approval, Attachment, Consent, ProjectVersion, TypedText
from .text_versions import TextLanguage, TextOrigin, TextVersion
from .texts import Page, PageText, TextBlock
from .vocabulary import ObstacleCategory, TargetGroup, Topic

__all__ = [
    "ENDED_STAGES",
    "Adopted",
    "Adoption",
    "AdoptionState",
    "Approval",
    "Attachment",
    "BarrierReport",
    "Consent",
    "Contact",
    "ContactLevel",
    "Cost",
    "EndCause",
    "Enquiry",
    "EnquiryState",
    "EvidenceLevel",
    "FacetValue",
    "Financing",
    "FinancingKind",
    "Frequency",
    "FruitlessSearch",
    "FundedBy",
    "FundingLevel",
    "FundingProgramme",
    "FundingSource",
    "ImportedRow",
    "IndexVersion",
    "Interest",
    "KeyFigure",
    "Letter",
    "LinkCheck",
    "Obstacle",
    "ObstacleCategory",
    "ObstacleLevel",
    "ObstacleState",
    "OperatorKind",
    "Outcome",
    "Page",
    "PageText",
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
    "SharedObstacle",
    "SheetImport",
    "Size",
    "Staffing",
    "Stage",
    "Status",
    "StatusChange",
    "Subscription",
    "TargetGroup",
    "TextBlock",
    "TextLanguage",
    "TextLicence",
    "TextOrigin",
    "TextVersion",
    "Topic",
    "TransferEffort",
    "TypedText",
    "among",
    "as_array",
    "slug_of",
]
