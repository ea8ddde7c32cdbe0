// Asks for consent to a face capture: what, what for, how long, who; and two equal buttons.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property FaceConsentContent shown: view as FaceConsentContent
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
        Repeater {
            model: [["agree", page.shown.agree, "face"], ["decline", page.shown.decline, "message"]]
            PushButton {
                required property var modelData
                objectName: modelData[0]
                width: (buttons.width - (buttons.columns - 1) * Theme.gap) / buttons.columns
                height: Theme.touch + (Theme.elder || Theme.wide ? 0 : 36)
                size: Theme.tile
                text: modelData[1]
                iconName: modelData[2]
                onClicked: CurrentPage.answer(modelData[0])
            }
        }
    }
}
