// The centre's agreement and privacy notice: its points, its full text one press away, a box to tick.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property AgreementContent shown: view as AgreementContent
    property bool ticked: false   // never beforehand: the citizen ticks
    title: shown.title
    lead: shown.lead
    readonly property bool footed: Theme.wide || Theme.elder   // the whole text's button, in the foot

    Points {
        width: parent.width
        height: (Theme.wide ? buttons.y : notice.y) - Theme.gap
        of: page.view
        points: page.shown.points
    }
    Item {
        id: notice
        parent: Theme.wide ? page.asideItem : page.bodyItem
        y: Theme.wide ? (Theme.lowered ? 0 : 28) : buttons.y - Theme.gap - height
        width: parent.width
        height: page.footed ? version.height : Math.max(version.height, whole.height)
        Label {
            id: version
            width: page.footed ? parent.width : whole.x - Theme.gap
            y: Theme.wide ? 0 : (parent.height - height) / 2
            text: page.shown.notice + (Theme.wide && Theme.lowered ? " · " : "\n") + page.shown.version
            color: Theme.soft
            font.pixelSize: Theme.small
            lineHeight: 0.95
        }
    }
    PushButton {
        id: whole
        objectName: "text"
        parent: page.footed ? page.footItem : notice
        x: parent.width - width
        height: page.footed ? Theme.touch : Theme.least
        width: Math.min(parent.width, Math.max(implicitWidth, 280))
        size: Theme.big(34)
        text: page.shown.whole
        iconName: "text"
        onClicked: CurrentPage.answer("text")
    }
    Grid {
        id: buttons
        y: parent.height - height
        width: parent.width
        columns: Theme.wide ? 2 : 1
        spacing: Theme.gap
        PushButton {
            objectName: "tick"
            width: (buttons.width - (buttons.columns - 1) * Theme.gap) / buttons.columns
            height: Theme.touch + (Theme.elder || Theme.wide ? 0 : 36)
            size: Theme.tile
            sleepy: false
            chosen: page.ticked
            text: page.shown.tick
            iconName: page.ticked ? "ticked" : "unticked"
            Accessible.checkable: true
            Accessible.checked: page.ticked
            onClicked: page.ticked = !page.ticked
        }
        PushButton {
            objectName: "agree"
            width: (buttons.width - (buttons.columns - 1) * Theme.gap) / buttons.columns
            height: Theme.touch + (Theme.elder || Theme.wide ? 0 : 36)
            size: Theme.tile
            primary: true
            available: page.ticked
            closed: page.ticked ? "" : page.shown.untold
            text: page.shown.agree
            iconName: "forward"
            onClicked: CurrentPage.answer("agree")
        }
    }
}
